import { once } from 'node:events'
import type { WebSocket, WebSocketServer } from 'ws'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import type { RawDevice } from './device.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { readDevice } from './kafka.ts'
import { clientFrame, Peer } from './peer.ts'

const query = '?ack=pong'
const PING = 9

await t.test('a pong that is held means: every frame before its ping is in Kafka (G1)', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const device = await gateway.raw('awaits', { query })
  const pongs = pongsOf(device)
  broker.dev?.faults.push('Produce', { cut: 'answer' }, { delay: 'answer', ms: 50 }, { error: 'NOT_ENOUGH_REPLICAS' })
  const frames = 1_000
  for (let n = 1; n <= frames; n++) {
    device.send(String(n))
    if (n % 100 !== 0) continue
    device.socket.ping(`${n} once`)
    device.socket.ping(`${n} twice`)
    // All faults are met even if each half is one request: the first is made again for its fault, and so meets two.
    if (n === frames / 2) while (pongs.length < n / 50) await once(device.socket, 'pong')
  }
  while (pongs.length < frames / 50) await once(device.socket, 'pong')
  const records = await readDevice(broker.brokers, gateway.uplink, 'awaits')
  t.same(records.map(({ value }) => Number(value)), Array.from({ length: frames }, (_, n) => n + 1), 'all are there, in order')
  t.same(pongs, Array.from({ length: frames / 50 }, (_, n) => `${100 * (1 + (n >> 1))} ${n % 2 === 0 ? 'once' : 'twice'}`), 'each ping has its own pong, in order')
  device.socket.ping('idle')
  t.same((await once(device.socket, 'pong')).map(String), ['idle'], 'with nothing in flight it comes at once')
  t.equal(broker.dev?.faults.pending ?? 0, 0, 'every planted fault was met')
})

await t.test('while Kafka does not answer the pong waits, and so does nobody else', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('test/fault freezes a real Kafka')
  const { faults } = broker.dev
  const gateway = await startGateway(t, broker)
  const pinged = pings(gateway, 2)
  const device = await gateway.raw('waits', { query })
  const plain = await gateway.raw('does-not')
  const pongs = pongsOf(device)
  faults.push('Produce', { freeze: 'answer' })
  for (const one of [plain, device]) one.send('1')
  while (faults.frozen === 0) await new Promise((resolve) => setImmediate(resolve))
  for (const payload of ['a', 'b']) device.socket.ping(payload)
  await pinged
  plain.socket.ping('c')
  await once(plain.socket, 'pong')
  t.same(pongs, [])
  faults.thaw()
  while (pongs.length < 2) await once(device.socket, 'pong')
  t.same(pongs, ['a', 'b'])
  t.equal(faults.pending, 0)
})

await t.test('for a frame that is lost there is a close with a come-back code, and no pong (G3)', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('faults of single requests are planted on the embedded broker only')
  const gateway = await startGateway(t, broker)
  const device = await gateway.raw('loses', { query })
  const pongs = pongsOf(device)
  broker.dev.faults.push('Produce', { error: 'TOPIC_AUTHORIZATION_FAILED' })
  device.send('1')
  device.socket.ping('a')
  device.send('2')
  device.socket.ping('b')
  t.match(await device.ended, { code: 4003, reason: /^not-stored: / })
  t.same(pongs, [])
  t.equal(broker.dev.faults.pending, 0)
})

await t.test('more pings than may wait end the socket, and hurt nobody else (G10)', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('test/fault freezes a real Kafka')
  const { faults } = broker.dev
  const gateway = await startGateway(t, broker)
  const peer = await Peer.upgraded(gateway.host, `/ws/floods${query}`)
  faults.push('Produce', { freeze: 'answer' })
  peer.socket.write(clientFrame(2, 'held'))
  while (faults.frozen === 0) await new Promise((resolve) => setImmediate(resolve))
  peer.socket.write(Buffer.concat(Array.from({ length: 65 }, (_, n) => clientFrame(PING, String(n)))))
  await peer.ended
  t.equal(peer.received.length, 0, 'no pong, and no close frame either')
  while (gateway.app.gateway.hub.sockets > 0) await new Promise((resolve) => setImmediate(resolve))
  faults.thaw()
  await (await gateway.device('neighbour')).stored(1, 'fine')
})

function pongsOf ({ socket }: RawDevice): string[] {
  const pongs: string[] = []
  socket.on('pong', (data) => pongs.push(data.toString()))
  return pongs
}

/** Resolves when the next socket's gateway side has read so many pings. */
function pings (gateway: TestGateway, count: number): Promise<void> {
  const { websocketServer } = gateway.app.http as unknown as { websocketServer: WebSocketServer }
  return new Promise((resolve) => {
    websocketServer.once('connection', (ws: WebSocket) => ws.on('ping', () => { if (--count === 0) resolve() }))
  })
}
