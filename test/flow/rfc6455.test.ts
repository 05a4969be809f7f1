/** RFC 6455, by its sections: what is sent, and what has to come back. */

import { createHash } from 'node:crypto'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { readAll } from './kafka.ts'
import { Peer, upgradeHead } from './peer.ts'
import { frameCases, type FrameCase, type Text } from './rfc6455-cases.ts'
import { frame } from './rfc6455-frames.ts'
import { handshakeCases, SAMPLE_KEY } from './rfc6455-handshakes.ts'
import { framesIn, type ServerBytes } from './server-frames.ts'

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

interface Mode { name: 'raw' | 'sluice.v1', query: string, headers: Record<string, string>, text: Text }

/** In raw mode the last pong is held until all is in Kafka; in sluice.v1 there are acks. */
const modes: Mode[] = [
  { name: 'raw', query: '?ack=pong', headers: {}, text: (bytes) => Buffer.alloc(bytes, 'x') },
  {
    name: 'sluice.v1',
    query: '',
    headers: { 'sec-websocket-protocol': 'sluice.v1' },
    text: (bytes, id = 1) => {
      const publish = `{"type":"publish","id":${id},"data":""}`
      return Buffer.from(publish.replace('""', `"${'x'.repeat(bytes - publish.length)}"`))
    }
  }
]

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)
/** What has to stand in Kafka, by device. */
const taken = new Map<string, number[]>()

await t.test('frames as RFC 6455 has them, and not', async (t) => {
  for (const [n, mode] of modes.entries()) {
    for (const [m, one] of frameCases.filter(({ only = mode.name }) => only === mode.name).entries()) {
      const device = `rfc-${n}-${m}`
      taken.set(device, one.taken ?? [])
      const { pongs, code, frames } = await had(device, mode, one)
      const what = `${mode.name}, ${one.section}: ${one.name}`
      t.same({ pongs, code }, { pongs: one.pongs ?? [], code: one.closed ?? 1000 }, what)
      const wrong = frames.filter(({ first, isMasked, isShortest }) => (first & 0xf0) !== 0x80 || isMasked || !isShortest)
      t.same(wrong, [], `${what}: what comes is whole, not masked, and in its shortest form`)
      t.notOk(frames.slice(0, -1).some(({ opcode }) => opcode === CLOSE), `${what}: nothing comes behind a close`)
    }
  }
})

await t.test('what was taken stands in Kafka, and nothing else', async (t) => {
  const stored = new Map([...taken.keys()].map((device): [string, number[]] => [device, []]))
  for (const { key, value } of await readAll(broker.brokers, gateway.uplink)) stored.get(String(key))?.push(value?.length ?? -1)
  for (const [device, lengths] of taken) {
    const beside = device.startsWith('rfc-1') ? Buffer.from('{"type":"publish","id":1,"data":}').length : 0
    t.same(stored.get(device), lengths.map((length) => length - beside), device)
  }
})

await t.test('handshakes as RFC 6455 has them, and not', async (t) => {
  for (const { section, name, changes = {}, line, status, answer = {} } of handshakeCases) {
    const peer = await Peer.connect(gateway.host)
    peer.socket.write(upgradeHead(gateway.host, '/ws/rfc', { 'sec-websocket-key': SAMPLE_KEY, ...changes }, line))
    const head = await peer.head()
    const headers = new Map(head.split('\r\n').slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
    t.equal(Number(head.slice(9, 12)), status, `${section}: ${name}`)
    for (const [header, value] of Object.entries(answer)) t.equal(headers.get(header) ?? null, value, `${section}: ${name}: ${header}`)
    if (status === 101) {
      const key = changes['sec-websocket-key'] ?? SAMPLE_KEY
      t.equal(headers.get('sec-websocket-accept'), createHash('sha1').update(key + GUID).digest('base64'), `${section}: ${name}: Sec-WebSocket-Accept`)
    }
    peer.socket.destroy()
  }
})

interface Had { pongs: string[], code: number | undefined, frames: ServerBytes[] }

/** Sends what the case says on a socket of its own, closes what that leaves open, and waits until the gateway has ended it. */
async function had (device: string, { query, headers, text }: Mode, { sends, taken = [], closed }: FrameCase): Promise<Had> {
  const peer = await Peer.upgraded(gateway.host, `/ws/${device}${query}`, headers)
  const all = (): ServerBytes[] => framesIn(peer.received)
  for (const bytes of sends(text)) peer.socket.write(bytes)
  if (closed === undefined) {
    peer.socket.write(frame(PING, 'last'))
    await peer.until(() => all().some(({ opcode, payload }) => opcode === PONG && payload.toString() === 'last'))
    if (headers['sec-websocket-protocol'] !== undefined) await peer.until(() => all().some(({ opcode, payload }) => opcode === TEXT && acked(payload) >= taken.length))
    peer.socket.write(frame(CLOSE, Buffer.from([3, 232])))
  }
  await peer.until(() => all().some(({ opcode }) => opcode === CLOSE))
  if (closed !== undefined) peer.socket.write(frame(CLOSE, Buffer.from([3, 232]))) // the answer that is due, where it was not the other way round
  await peer.ended
  const frames = all()
  const last = frames.at(-1)
  const code = last?.opcode === CLOSE ? last.payload.length === 0 ? 1005 : last.payload.readUInt16BE(0) : undefined
  return { pongs: frames.filter(({ opcode }) => opcode === PONG).map(({ payload }) => payload.toString('latin1')).filter((pong) => pong !== 'last'), code, frames }
}

/** The id up to which a frame acks; the welcome acks nothing yet. */
function acked (payload: Buffer): number {
  const { type, id } = JSON.parse(payload.toString()) as { type: string, id?: number }
  return type === 'ack' ? id as number : 0
}
