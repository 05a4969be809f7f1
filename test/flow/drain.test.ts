import { once } from 'node:events'
import { request } from 'node:http'
import type { WebSocket, WebSocketServer } from 'ws'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { EVERYBODY, RecordingPeer } from '../session/given.ts'
import { readAll, readDevice } from './kafka.ts'
import { Peer, upgradeHead } from './peer.ts'

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
  t.match(await get(gateway, '/ws/late'), { status: 503, retryAfter: /^[1-9]\d*$/, body: { code: 'not-ready' } })
  await t.rejects(gateway.device('late'), { message: /503/ })
  const refused = await Peer.connect(gateway.host)
  refused.socket.write(upgradeHead(gateway.host, '/ws/late'))
  t.match(await refused.head(), /^HTTP\/1\.1 503 [^]*\r\nretry-after: [1-9]/i)
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

await t.test('held pongs, acks and answers over HTTP come before the goodbye', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('test/fault freezes a real Kafka')
  const { faults } = broker.dev
  const gateway = await startGateway(t, broker)
  const held = (): number => gateway.app.gateway.health().heldBytes
  const { websocketServer } = gateway.app.http as unknown as { websocketServer: WebSocketServer }
  const connected = once(websocketServer, 'connection') as Promise<[WebSocket]>
  const raw = await gateway.raw('pings', { query: '?ack=pong' })
  const [ours] = await connected
  const device = await gateway.device('publishes')
  const heard: string[] = []
  raw.socket.on('pong', (data) => heard.push(`pong ${String(data)}`))
  raw.socket.on('close', (code) => heard.push(`close ${code}`))

  faults.push('Produce', { freeze: 'answer' })
  const posted = post(gateway, 'posted')
  while (faults.frozen === 0) await new Promise((resolve) => setImmediate(resolve))
  for (const payload of ['one', 'two']) {
    raw.send(payload)
    raw.socket.ping(payload)
    await once(ours, 'ping')
  }
  const before = held()
  device.publish(1, { data: 1 })
  while (held() === before) await new Promise((resolve) => setImmediate(resolve))
  const closed = gateway.app.close()
  while (gateway.app.gateway.state === 'serving') await new Promise((resolve) => setImmediate(resolve))
  t.same(heard, [])
  faults.thaw()
  t.match(await device.take(2), [{ type: 'ack', id: 1 }, { type: 'bye' }])
  t.equal((await posted).status, 201)
  await Promise.all([raw.ended, closed])
  t.same(heard, ['pong one', 'pong two', 'close 4000'])
  t.equal((await readAll(broker.brokers, gateway.uplink)).length, 3)
})

await t.test('who waits over HTTP when the drain ends is told that the outcome is unknown', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('test/fault freezes a real Kafka')
  const gateway = await startGateway(t, broker, { settings: { drainMs: 200 } })
  broker.dev.faults.push('Produce', { freeze: 'answer' })
  const posted = post(gateway, 'stuck')
  while (broker.dev.faults.frozen === 0) await new Promise((resolve) => setImmediate(resolve))
  await gateway.app.close()
  t.match(await posted, { status: 504, body: { code: 'outcome-unknown', message: /going away/ } })
  broker.dev.faults.thaw()
})

await t.test('a socket that was let in a moment before is sent away at once', async (t) => {
  const gateway = await startGateway(t, await testBroker(t))
  const closed = gateway.app.close()
  while (gateway.app.gateway.state === 'serving') await new Promise((resolve) => setImmediate(resolve))
  const peer = new RecordingPeer()
  gateway.app.gateway.connect(peer, { device: 'late', grants: EVERYBODY, address: 'localhost', mode: 'sluice.v1' }).ended()
  t.match(peer.heard(), [{ type: 'welcome' }, { type: 'bye', code: 4000 }, /^close 4000 draining/])
  await closed
})

/** On a connection of its own, as a balancer asks. */
function get (gateway: TestGateway, path: string): Promise<{ status: number, retryAfter: string | undefined, body: unknown }> {
  return new Promise((resolve, reject) => {
    request(`${gateway.origin}${path}`, { agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: JSON.parse(text) }))
    }).on('error', reject).end()
  })
}

async function post (gateway: TestGateway, device: string): Promise<{ status: number, body: unknown }> {
  const response = await fetch(`${gateway.origin}/v1/devices/${device}/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":1}' })
  return { status: response.status, body: await response.json() }
}
