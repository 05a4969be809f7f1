import { request } from 'node:http'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { readDevice } from './kafka.ts'
import { Peer } from './peer.ts'

await t.test('who is connected is told to come back; what was in flight is stored and acked first', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const device = await gateway.device('drained')
  const raw = await gateway.raw('drained')
  const frames = 500
  for (let id = 1; id <= frames; id++) device.publish(id, { data: id })
  let acked = (await device.nextOf('ack')).id as number
  const closed = gateway.app.close()
  let frame = await device.next()
  for (; frame.type === 'ack'; frame = await device.next()) acked = frame.id as number
  t.match(frame, { type: 'bye', code: 4000, reason: 'draining', retryMs: Number })
  t.ok(frame.retryMs as number >= 0 && frame.retryMs as number <= 5000)
  t.match(await device.ended, { code: 4000, reason: /^draining: / })
  t.match(await raw.ended, { code: 4000, reason: /^draining: / })
  await closed
  const records = await readDevice(broker.brokers, gateway.uplink, 'drained')
  t.equal(records.length, acked, 'what was acked is stored, and nothing was stored unsaid')
  await t.rejects(fetch(`${gateway.origin}/healthz`), 'it listens no more')
})

await t.test('while it drains it lives, is not ready, and lets nobody in', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const silent = await Peer.upgraded(gateway.host, '/ws/silent') // never answers the close: the drain waits for it a while
  const early = await Peer.connect(gateway.host)
  early.socket.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  t.match(await early.answer(), { status: 200 })
  const closed = gateway.app.close()
  await silent.until(() => silent.received.length > 0)
  t.match(await get(gateway, '/healthz'), { status: 200 })
  t.match(await get(gateway, '/readyz'), { status: 503, body: { code: 'not-ready', message: /draining/ } })
  t.match(await get(gateway, '/ws/late'), { status: 503, body: { code: 'not-ready' } })
  await t.rejects(gateway.device('late'), { message: /503/ })
  const late = await fetch(`${gateway.origin}/v1/devices/late/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":1}' })
  t.equal(late.status, 503)
  await closed
  t.equal(await silent.closeCode(), 4000)
})

await t.test('frames that Kafka does not take hold a drain up for drainMs, and no longer', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('test/fault freezes a real Kafka')
  const gateway = await startGateway(t, broker, { settings: { drainMs: 300, uplink: { holdMs: 1_000 } } })
  const device = await gateway.device('stuck')
  broker.dev.faults.push('Produce', { freeze: 'answer' })
  device.publish(1, { data: 1 })
  while (broker.dev.faults.frozen === 0) await new Promise((resolve) => setImmediate(resolve))
  const from = performance.now()
  await gateway.app.close()
  t.ok(performance.now() - from < 4_000, 'nor for as long as a request to Kafka may take')
  t.match(await device.next(), { type: 'bye' }, 'neither acked nor refused: it comes again under its id')
  t.match(await device.ended, { code: 4000 })
  broker.dev.faults.thaw()
  t.equal(broker.dev.faults.pending, 0)
})

/** On a connection of its own, as a balancer asks. */
function get (gateway: TestGateway, path: string): Promise<{ status: number, body: unknown }> {
  return new Promise((resolve, reject) => {
    request(`${gateway.origin}${path}`, { agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    }).on('error', reject).end()
  })
}
