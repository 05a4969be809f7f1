import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { gatewayOn, startGateway } from './gateway.ts'
import { readDevice } from './kafka.ts'

await t.test('a producer session outlives its connection, on any instance: a resend is recognised by its sluice-id (G2, G3)', async (t) => {
  const broker = await testBroker(t)
  const first = await startGateway(t, broker)
  const { uplink, downlink } = first
  const second = await gatewayOn(t, broker.brokers, { uplink, downlink })
  const query = '?session=boot_7-x'
  const device = await first.device('outlives', { query })
  t.equal(device.welcome?.session, 'boot_7-x')
  await device.stored(1, 'a')
  await device.stored(2, 'b')
  await device.close()
  const again = await second.device('outlives', { query })
  t.equal(again.welcome?.session, 'boot_7-x')
  again.publish(2, { data: 'b' }) // its ack may have been lost
  again.publish(3, { data: 'c' })
  await again.acked(3)
  const records = await readDevice(broker.brokers, uplink, 'outlives')
  t.same(records.map(({ value, headers }) => [headers['sluice-id'], String(value)]),
    [['boot_7-x:1', '"a"'], ['boot_7-x:2', '"b"'], ['boot_7-x:2', '"b"'], ['boot_7-x:3', '"c"']])
  const other = await first.device('outlives')
  t.match(other.welcome?.session, /^[\w-]{16}$/, 'who asks for none has one of his own')
})
