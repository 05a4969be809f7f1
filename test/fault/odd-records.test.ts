import pino from 'pino'
import t, { type Test } from 'tap'
import { startGateway, type TestGateway } from '../flow/gateway.ts'
import { withAdmin, write } from '../flow/kafka.ts'
import { batch } from '../devkafka/batches.ts'
import { produce, RawClient } from '../devkafka/raw.ts'
import { testBroker, type TestBroker } from '../kafka/broker.ts'

interface Told { broker: TestBroker, gateway: TestGateway, lines: string[] }

/** A gateway on one partition a topic, and what it tells the operator. */
async function told (t: Test): Promise<Told> {
  const broker = await testBroker(t)
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => { lines.push((JSON.parse(line) as { msg: string }).msg) } })
  return { broker, lines, gateway: await startGateway(t, broker, { logger, settings: { kafka: { partitions: 1 } } }) }
}

await t.test('records that cannot be decoded are told and counted, and hold up nobody', async (t) => {
  const { broker, gateway, lines } = await told(t)
  if (broker.dev === undefined) return t.comment('Apache Kafka takes no such records')
  const device = await gateway.device('a')
  const client = await RawClient.connect(broker.brokers)
  t.teardown(() => client.close())
  await produce(client, gateway.downlink, batch({ values: ['1', '2'], attributes: 5 }))
  // A record of this device whose headers end nowhere.
  await produce(client, gateway.downlink, batch({ body: Buffer.from([18, 0, 0, 0, 2, 0x61, 2, 0x31, 4, 40]) }))
  await write(broker.brokers, gateway.downlink, [{ key: 'a', value: '3' }])
  for (let n = 0; n < 2; n++) t.match(await device.nextOf('gap'), { reason: 'undecodable' })
  t.match(await device.nextOf('message'), { data: 3 })
  t.same(lines, [
    `Records of ${gateway.downlink}/0 cannot be decoded and were passed over: compression 5 is unknown.`,
    `Records of ${gateway.downlink}/0 cannot be decoded and were passed over: a header is longer than its record.`
  ])
  t.match(await (await fetch(`${gateway.origin}/metrics`)).text(), /^sluice_undecodable_total 3$/m)
})

await t.test('records that are deleted before they could be read are told as a gap', async (t) => {
  const { broker, gateway, lines } = await told(t)
  if (broker.dev === undefined) return t.comment('faults of single requests are planted on the embedded broker only')
  const { faults } = broker.dev
  const device = await gateway.device('a')
  faults.push('Fetch', { freeze: 'request' })
  while (faults.frozen === 0) await new Promise((resolve) => setImmediate(resolve))
  await write(broker.brokers, gateway.downlink, [1, 2, 3].map((n) => ({ key: 'a', value: String(n) })))
  await withAdmin(broker.brokers, async (admin) => {
    await admin.fetchTopicMetadata({ topics: [gateway.downlink] })
    await admin.deleteTopicRecords({ topic: gateway.downlink, partitions: [{ partition: 0, offset: '2' }] })
  })
  faults.thaw()
  t.match(await device.nextOf('gap'), { reason: 'retention' })
  t.match(await device.nextOf('message'), { data: 3 })
  t.same(lines, [`Records of ${gateway.downlink}/0 from offset 0 on are gone: retention passed it. Reading goes on at 2.`])
  t.equal(faults.pending, 0, 'every planted fault was met')
})
