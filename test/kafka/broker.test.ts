import t from 'tap'
import kafkajs from 'kafkajs'
import { testBroker } from './broker.ts'

await t.test('topics of one test are no other test\'s', async (t) => {
  const broker = await testBroker(t)
  const created = await broker.createTopic('uplink', { partitions: 3, config: { 'cleanup.policy': 'compact' } })
  t.equal(created, broker.topic('uplink'))
  t.not(created, (await testBroker(t)).topic('uplink'))
  const admin = new kafkajs.Kafka({ brokers: broker.brokers.split(','), retry: { retries: 2 } }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const { topics } = await admin.fetchTopicMetadata({ topics: [created] })
  t.equal(topics[0]?.partitions.length, 3)
})

await t.test('the environment says which broker', async (t) => {
  t.equal((await testBroker(t)).kind, process.env.TEST_KAFKA ?? 'embedded')
  t.intercept(process, 'env', { value: { TEST_KAFKA: 'real' } })
  await t.rejects(testBroker(t), /TEST_KAFKA_BROKERS/)
  t.intercept(process, 'env', { value: { TEST_KAFKA: 'other' } })
  await t.rejects(testBroker(t), /can be "embedded" or "real"/)
})
