import t, { type Test } from 'tap'
import type { DevKafka } from '../../src/devkafka/broker.ts'
import { batch } from '../devkafka/batches.ts'
import { produce, RawClient } from '../devkafka/raw.ts'
import type { ProtocolDevice } from '../flow/device.ts'
import { startGateway, type TestGateway } from '../flow/gateway.ts'
import { withAdmin, write } from '../flow/kafka.ts'
import { Lines } from '../flow/lines.ts'
import { testBroker, type TestBroker } from '../kafka/broker.ts'
import { becomes } from '../log/faulty.ts'

/** A record of the device `a` whose headers end nowhere. */
const headless = batch({ body: Buffer.from([18, 0, 0, 0, 2, 0x61, 2, 0x31, 4, 40]) })

const skip = process.env.TEST_KAFKA === 'real' && 'Apache Kafka takes no such records, and its single requests cannot be held up'

interface Told { broker: TestBroker, dev: DevKafka, gateway: TestGateway, lines: string[] }

/** A gateway on one partition a topic, and what it tells the operator. */
async function told (t: Test): Promise<Told> {
  const broker = await testBroker(t)
  const { said: lines, logger } = new Lines('warn')
  return { broker, dev: broker.dev as DevKafka, lines, gateway: await startGateway(t, broker, { logger, settings: { kafka: { partitions: 1 } } }) }
}

async function watching (gateway: TestGateway): Promise<ProtocolDevice> {
  const page = await gateway.device('page')
  page.send('{"type":"watch","device":"*"}')
  await page.nextOf('watching')
  return page
}

/** Who hears of the records of the device `a` in that topic. */
async function readerOf (gateway: TestGateway, topic: 'downlink' | 'uplink'): Promise<ProtocolDevice> {
  return topic === 'downlink' ? await gateway.device('a') : await watching(gateway)
}

/** Three records are written, and the first two deleted, while all that reads the topic is held up. */
async function deleteUnread ({ broker, dev: { faults } }: Told, topic: string): Promise<void> {
  // The tails of both topics share a request, as they share the partition's leader.
  faults.push('Fetch', { freeze: 'request' })
  await becomes(() => faults.frozen === 1)
  await write(broker.brokers, topic, [1, 2, 3].map((n) => ({ key: 'a', value: String(n) })))
  await withAdmin(broker.brokers, async (admin) => {
    await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
  })
  faults.thaw()
}

for (const topic of ['downlink', 'uplink'] as const) {
  await t.test(`records of the ${topic} that cannot be decoded are told and counted, and hold up nobody`, { skip }, async (t) => {
    const { broker, gateway, lines } = await told(t)
    const reader = await readerOf(gateway, topic)
    const client = await RawClient.connect(broker.brokers)
    t.teardown(() => client.close())
    await produce(client, gateway[topic], batch({ values: ['1', '2'], attributes: 5 }))
    await produce(client, gateway[topic], headless)
    await write(broker.brokers, gateway[topic], [{ key: 'a', value: '3' }])
    if (topic === 'downlink') for (let n = 0; n < 2; n++) t.match(await reader.nextOf('gap'), { reason: 'undecodable' })
    t.match(await reader.nextOf('message'), { data: 3 })
    t.same(lines, ['compression 5 is unknown', 'a header is longer than its record'].map((why) =>
      `Records of ${gateway[topic]}/0 cannot be decoded and were passed over: ${why}.`))
    t.match(await (await fetch(`${gateway.origin}/metrics`)).text(), /^sluice_undecodable_total 3$/m)
  })

  await t.test(`records of the ${topic} that are deleted before they could be read are told as a gap`, { skip }, async (t) => {
    const all = await told(t)
    const { dev, gateway, lines } = all
    const reader = await readerOf(gateway, topic)
    await deleteUnread(all, gateway[topic])
    if (topic === 'downlink') t.match(await reader.nextOf('gap'), { reason: 'retention' })
    t.match(await reader.nextOf('message'), { data: 3 })
    t.same(lines, [`Records of ${gateway[topic]}/0 from offset 0 on are gone: retention passed it. Reading goes on at 2.`])
    t.equal(dev.faults.pending, 0, 'every planted fault was met')
  })
}

await t.test('positions that cannot be decoded are told, too', { skip }, async (t) => {
  const { broker, gateway, lines } = await told(t)
  const client = await RawClient.connect(broker.brokers)
  t.teardown(() => client.close())
  const topic = `${gateway.downlink}.positions`
  await produce(client, topic, batch({ keys: ['a/main'], attributes: 5 }))
  await becomes(() => lines.length > 0)
  t.same(lines, [`Records of ${topic}/0 from offset 0 to 0 cannot be decoded and were passed over: compression 5 is unknown.`])
})
