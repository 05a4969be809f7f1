import { once } from 'node:events'
import type { Socket } from 'node:net'
import { ErrorCode } from '../wire/errors.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { Cluster } from './api.ts'
import { apiKey, apiName } from './api-keys.ts'
import { versionsUnsupported } from './apis/api-versions.ts'
import type { Faults } from './faults.ts'
import { frames } from './frames.ts'

/** As `socket.request.max.bytes` is in Kafka. */
const MAX_REQUEST_BYTES = 100 * 1024 * 1024

/** What a connection needs of the broker that accepted it. */
export interface Host extends Cluster {
  readonly faults: Faults
  /** Resolves when the broker is not paused. */
  running: () => Promise<void>
}

/** Answers a connection's requests one at a time and in order, as Kafka does, until it ends; throws if it makes no sense. */
export async function serve (socket: Socket, host: Host): Promise<void> {
  const ended = new AbortController()
  socket.setNoDelay(true)
  socket.on('close', () => ended.abort()).on('error', () => socket.destroy())
  try {
    for await (const frame of frames(socket, MAX_REQUEST_BYTES)) {
      await host.running()
      const answer = await answerTo(frame, socket, ended.signal, host)
      await host.running()
      if (answer === 'cut') break
      if (answer !== 'silent' && !socket.write(answer)) await once(socket, 'drain', { signal: ended.signal })
    }
  } finally {
    socket.destroy()
  }
}

async function answerTo (frame: Buffer, socket: Socket, gone: AbortSignal, host: Host): Promise<Buffer | 'cut' | 'silent'> {
  const request = new Reader(frame)
  const key = request.int16()
  const version = request.int16()
  const reply = new Writer().int32(0).int32(request.int32()) // size, which is not known yet, and correlation id
  const clientId = request.string()
  const api = host.apis.find(({ name }) => apiKey(name) === key)
  if (api === undefined || version < api.versions[0] || version > api.versions[1]) {
    if (api?.name === 'ApiVersions') return framed(versionsUnsupported(reply, host.apis))
    host.sayOnce(`A client${clientId && ` (${clientId})`} asked for ${apiName(key)} version ${version}, which this broker does not have.`)
    return 'cut'
  }
  const fault = host.faults.take(api.name)
  if (!await host.faults.pass(fault, 'request', gone)) return 'cut'
  const outcome: unknown = await api.handle(request, reply, {
    ...host,
    version,
    clientId,
    host: plainAddress(socket.localAddress),
    port: Number(socket.localPort),
    remoteHost: plainAddress(socket.remoteAddress),
    fault: fault !== undefined && 'error' in fault ? ErrorCode[fault.error] : ErrorCode.NONE,
    withheld: fault !== undefined && 'withhold' in fault ? fault.withhold : 0,
    throttleMs: fault !== undefined && 'throttle' in fault ? fault.throttle : 0,
    gone
  })
  if (!await host.faults.pass(fault, 'answer', gone)) return 'cut'
  return outcome === 'silent' ? 'silent' : framed(reply)
}

function framed (reply: Writer): Buffer {
  const bytes = reply.finish()
  bytes.writeInt32BE(bytes.length - 4, 0)
  return bytes
}

/** An IPv4 client of a dual-stack socket is shown as IPv4. */
function plainAddress (address: string | undefined): string {
  return String(address).replace(/^::ffff:/, '')
}
