import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { gatewayOn, startGateway } from './gateway.ts'
import { withAdmin, write } from './kafka.ts'
import { data, messages, since, untilLive } from './resume.ts'

const broker = await testBroker(t)

await t.test('a socket that comes back with its cursor gets what came meanwhile, once and in order, and then goes live (G4)', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.device('d1')
  t.match(first.welcome, { resuming: false, cursor: /^1\./ })
  await write(broker.brokers, gateway.downlink, [{ key: 'd1', value: '1' }, { key: 'other', value: '0' }])
  const message = await first.nextOf('message')
  t.match(message, { data: 1, cursor: /^1\./ })
  await first.close()
  await write(broker.brokers, gateway.downlink, [{ key: 'd1', value: '2' }, { key: 'other', value: '0' }, { key: 'd1', value: '3' }])

  const second = await gateway.device('d1', since(message.cursor))
  t.match(second.welcome, { resuming: true })
  t.strictSame(data(await messages(second, 2)), [2, 3])
  await write(broker.brokers, gateway.downlink, [{ key: 'd1', value: '4' }])
  t.strictSame(data(await messages(second, 1)), [4])

  const again = await gateway.device('d1', since(first.welcome?.cursor))
  t.strictSame(data(await messages(again, 4)), [1, 2, 3, 4], 'the welcome\'s cursor stands before all of them')
})

await t.test('a record that says no time, or one in microseconds, leaves a cursor like another', async t => {
  const gateway = await startGateway(t, broker)
  const device = await gateway.device('d1')
  await withAdmin(broker.brokers, (admin) => admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: gateway.downlink, configEntries: [{ name: 'message.timestamp.after.max.ms', value: String(2n ** 63n - 1n) }] }] }))
    .catch((error: unknown) => { if (broker.kind === 'real') throw error }) // the embedded one takes any
  for (const timestamp of ['-1', `${Date.now()}000`]) {
    await write(broker.brokers, gateway.downlink, [{ key: 'd1', value: '1', timestamp }])
    const { cursor } = await device.nextOf('message')
    await write(broker.brokers, gateway.downlink, [{ key: 'd1', value: '2' }])
    await device.nextOf('message')
    const frames = await untilLive(await gateway.device('d1', since(cursor)))
    t.match(frames, [{ type: 'message', data: 2 }], timestamp)
    t.equal(frames.length, 1, timestamp)
  }
})

await t.test('on another instance, that has just started and has to read it from Kafka (G4)', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.device('d1')
  await first.close()
  await write(broker.brokers, gateway.downlink, Array.from({ length: 1000 }, (_, n) => ({ key: n % 2 === 0 ? 'd1' : 'other', value: String(n) })))
  const other = await gatewayOn(t, broker.brokers, { uplink: gateway.uplink, downlink: gateway.downlink })
  const second = await other.device('d1', since(first.welcome?.cursor))
  t.strictSame(data(await untilLive(second)), Array.from({ length: 500 }, (_, n) => 2 * n))
})

await t.test('earliest, an age, and a time', async t => {
  const gateway = await startGateway(t, broker)
  const hour = 3_600_000
  const now = Date.now()
  const before = await gateway.device('d1')
  await write(broker.brokers, gateway.downlink, [
    { key: 'd1', value: '1', timestamp: String(now - 3 * hour) },
    { key: 'd2', value: '0', timestamp: String(now - 3 * hour) }
  ])
  await write(broker.brokers, gateway.downlink, [{ key: 'd1', value: '2', timestamp: String(now - hour) }])
  await messages(before, 2) // the tail is behind them: whoever comes now gets them before its `live`
  for (const [from, expected] of [['earliest', [1, 2]], ['-2h', [2]], ['-30m', []], [new Date(now - 2 * hour).toISOString(), [2]]] as const) {
    t.strictSame(data(await untilLive(await gateway.device('d1', since(from)))), expected, from)
  }
})

await t.test('what is no cursor is refused before the upgrade', async t => {
  const gateway = await startGateway(t, broker)
  for (const from of ['', '1', '2.abc.4.0.0.0.0', '1.abc.4.9.0.0.0', '-10y', '2999-01-01T00:00:00Z', '1.abc.4.0.x.0.0']) {
    const answer = await fetch(`${gateway.origin}/ws/d1?since=${from}`, { headers: { 'sec-websocket-protocol': 'sluice.v1' } })
    t.equal(answer.status, 400, from)
    t.match(await answer.json(), { code: 'bad-cursor' })
  }
})
