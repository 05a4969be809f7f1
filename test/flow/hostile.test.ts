import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { brokenFrames, protocolFrames, type HostileFrames } from './hostile-frames.ts'
import { requests, upgrades, type HostileHead } from './hostile-heads.ts'
import { readDevice } from './kafka.ts'
import { Peer } from './peer.ts'
import type { ProtocolDevice } from './device.ts'

const rejections: unknown[] = []
process.on('unhandledRejection', (reason) => rejections.push(reason))

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)
const good = await gateway.device('good')
let id = 0

/** Somebody else is served, both ways. */
async function serves (device: ProtocolDevice): Promise<void> {
  await device.stored(++id, id)
  if (id % 10 !== 0) return
  await fetch(`${gateway.origin}/v1/devices/good/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"data":${id}}` })
  const { data } = await device.nextOf('message')
  if (data !== id) throw new Error(`${String(data)} came instead of ${id}`)
}

await t.test('before anything hostile comes, a device is served', async () => await serves(good))

for (const [what, cases] of [['upgrades', upgrades], ['requests', requests]] as Array<[string, HostileHead[]]>) {
  await t.test(`${cases.length} hostile ${what}`, async (t) => {
    for (const { name, bytes, status, code } of cases) {
      const peer = await Peer.connect(gateway.host)
      peer.socket.write(bytes)
      const answer = await peer.answer().catch((error: Error) => ({ status: error.message, body: '' }))
      t.equal(answer.status, status, name)
      if (code !== undefined) t.match(parsed(answer.body), { code, message: /\w+/ }, `${name}: ${code}`)
      await ended(t, peer, name)
      await serves(good)
    }
    await noneLeft(gateway)
  })
}

for (const [what, cases] of [['frames of sluice.v1', protocolFrames], ['frames that break RFC 6455', brokenFrames]] as Array<[string, HostileFrames[]]>) {
  await t.test(`${cases.length} hostile ${what}`, async (t) => {
    for (const { name, bytes, closed, refused, raw } of cases) {
      const peer = await Peer.upgraded(gateway.host, '/ws/hostile', raw === true ? {} : { 'sec-websocket-protocol': 'sluice.v1' })
      peer.socket.write(Array.isArray(bytes) ? Buffer.concat(bytes) : bytes)
      if (refused !== undefined) {
        await peer.until(() => peer.received.includes('"type":"refused"'))
        t.match(peer.received.toString('latin1'), `"type":"refused","id":${refused.id},"code":"${refused.code}"`, name)
        peer.socket.end()
      }
      const code = await peer.closeCode()
      if (closed !== undefined) t.equal(code ?? 'ended', closed, name)
      await ended(t, peer, name)
      await serves(good)
    }
    await noneLeft(gateway)
  })
}

await t.test('afterwards a device is served, nothing hostile is stored, and nothing was overlooked', async (t) => {
  await serves(good)
  await noneLeft(gateway)
  const { length } = await readDevice(broker.brokers, gateway.uplink, 'good')
  t.equal(length, id)
  t.same(await readDevice(broker.brokers, gateway.uplink, 'hostile'), [])
  t.same(rejections, [])
})

function parsed (body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return { body }
  }
}

/** The server ends what it has refused; it does not leave that to the other side. */
async function ended (t: { fail: (message: string) => void }, peer: Peer, name: string): Promise<void> {
  const timer = setTimeout(() => {
    t.fail(`${name}: the connection is left open`)
    peer.socket.destroy()
  }, 5_000)
  await peer.ended
  clearTimeout(timer)
}

/** Only the good device is still here. */
async function noneLeft ({ app: { http, gateway: { hub } } }: TestGateway): Promise<void> {
  const connections = async (): Promise<number> => await new Promise((resolve, reject) =>
    http.server.getConnections((error, count) => error === null ? resolve(count) : reject(error)))
  while (hub.sockets > 1 || await connections() > 2) await new Promise((resolve) => setImmediate(resolve)) // fetch keeps one open
}
