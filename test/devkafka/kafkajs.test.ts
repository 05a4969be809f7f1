import t from 'tap'
import type { Consumer, Kafka } from 'kafkajs'
import { Partitioners } from 'kafkajs'
import { ErrorCode } from '../../src/wire/errors.ts'
import { start, startAny } from './start.ts'

const group = { sessionTimeout: 6000, heartbeatInterval: 50, maxWaitTimeInMs: 200 }

async function failureOf (promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => undefined, (error: unknown) => error)
}

/** Consumes until `count` values were seen, and leaves. */
async function consume (kafka: Kafka, topic: string, groupId: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, ...group })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const seen: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer.run({ eachMessage: async ({ message }) => { if (seen.push(String(message.value)) === count) resolve() } }).catch(reject)
  })
  await consumer.disconnect()
  return seen
}

await t.test('a plain and an idempotent producer', async t => {
  const { kafka, topic } = await startAny(t)
  const to = await topic()
  for (const idempotent of [false, true]) {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent })
    await producer.connect()
    for (const value of ['one', 'two']) {
      const [sent] = await producer.send({ topic: to, messages: [{ key: 'k', value: `${value} ${String(idempotent)}`, headers: { h: 'v' } }] })
      t.equal(sent?.errorCode, 0)
    }
    await producer.disconnect()
  }
  t.same(await consume(kafka, to, to, 4), ['one false', 'two false', 'one true', 'two true'])
})

await t.test('a group resumes where it committed', async t => {
  const { kafka, topic } = await startAny(t)
  const to = await topic()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  await producer.send({ topic: to, messages: [{ value: 'one' }, { value: 'two' }] })
  t.same(await consume(kafka, to, to, 2), ['one', 'two'])
  await producer.send({ topic: to, messages: [{ value: 'three' }] })
  t.same(await consume(kafka, to, to, 1), ['three'])
})

await t.test('two members share the partitions; one takes over from the other', async t => {
  const { kafka, broker, connect } = await start(t)
  broker.topics.create({ name: 'shared', partitions: 4 })
  const shares = new Map<number, number>()
  let changed = (): void => {}
  const join = async (member: number): Promise<Consumer> => {
    const consumer = kafka.consumer({ groupId: 'g', ...group })
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      shares.set(member, payload.memberAssignment['shared']?.length ?? 0)
      changed()
    })
    await consumer.connect()
    await consumer.subscribe({ topics: ['shared'] })
    await consumer.run({ eachMessage: async () => {} })
    return consumer
  }
  const sharesAre = (...wanted: number[]): Promise<void> => new Promise((resolve) => {
    changed = () => { if (wanted.every((share, member) => shares.get(member) === share)) resolve() }
    changed()
  })
  const first = await join(0)
  await sharesAre(4)
  const second = await join(1)
  await sharesAre(2, 2)

  const admin = kafka.admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  t.same(await admin.listGroups(), { groups: [{ groupId: 'g', protocolType: 'consumer' }] })
  const described = (await admin.describeGroups(['g', 'none'])).groups
  t.same(described.map(({ state, members }) => [state, members.length]), [['Stable', 2], ['Dead', 0]])
  t.equal(described[0]?.members[0]?.clientHost, '/127.0.0.1')
  t.match(await failureOf(admin.deleteGroups(['g'])), { groups: [{ groupId: 'g', error: { type: 'NON_EMPTY_GROUP' } }] })
  await t.rejects(admin.setOffsets({ groupId: 'g', topic: 'shared', partitions: [{ partition: 0, offset: '1' }] }))

  await first.disconnect()
  await sharesAre(2, 4)
  await second.disconnect()
  // Kafka.js would join to do this, and its long poll takes five seconds to leave again.
  await (await connect()).request('OffsetCommit', 5, (body) => body.string('g').int32(-1).string('')
    .array(['shared'], (w, topic) => w.string(topic).array([1], (p, partition) => p.int32(partition).int64(3).string(null))))
  t.same((await admin.fetchOffsets({ groupId: 'g' })).map(({ partitions }) => partitions.find(({ partition }) => partition === 1)?.offset), ['3'])
  await admin.deleteGroups(['g'])
  t.same(await admin.listGroups(), { groups: [] })
  t.match(await failureOf(admin.deleteGroups(['g'])), { groups: [{ groupId: 'g', error: { type: 'GROUP_ID_NOT_FOUND' } }] })
})

await t.test('admin: topics', async t => {
  const { kafka, broker } = await start(t)
  const admin = kafka.admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  t.equal(await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic: 'a' }] }), true)
  t.same(await admin.listTopics(), [], 'validating creates nothing')
  await admin.createTopics({ topics: [{ topic: 'a', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }, { topic: 'b', replicaAssignment: [{ partition: 0, replicas: [1] }] }] })
  const { topics } = await admin.fetchTopicMetadata()
  t.same(topics.map(({ name, partitions }) => [name, partitions.length]), [['a', 2], ['b', 1]], 'the default number, and as many as assigned')
  t.equal(await admin.createTopics({ topics: [{ topic: 'a' }] }), false, 'it exists already')
  const wrong = {
    INVALID_TOPIC_EXCEPTION: { topic: '..' },
    INVALID_PARTITIONS: { topic: 'c', numPartitions: 0 },
    INVALID_REPLICATION_FACTOR: { topic: 'c', replicationFactor: 3 },
    INVALID_CONFIG: { topic: 'c', configEntries: [{ name: 'retention.ms', value: 'long' }] }
  }
  for (const [type, topic] of Object.entries(wrong)) {
    t.match(await failureOf(admin.createTopics({ topics: [topic] })), { errors: [{ type }] }, type)
  }
  t.match(await failureOf(admin.createTopics({ topics: [{ topic: 'c', configEntries: [{ name: 'no.such', value: '1' }] }] })), { errors: [{ type: 'INVALID_CONFIG' }] })

  const shown = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: 'a', configNames: ['cleanup.policy', 'retention.ms'] }] })
  t.same(shown.resources[0]?.configEntries.map(({ configName, configValue, configSource }) => [configName, configValue, Number(configSource)]),
    [['cleanup.policy', 'compact', 1], ['retention.ms', '604800000', 5]])
  t.same((await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 4, name: '1' }] })).resources[0]?.configEntries, [])
  t.match(await failureOf(admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: 'none' }] })), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })

  await admin.createPartitions({ validateOnly: true, topicPartitions: [{ topic: 'b', count: 3 }] })
  t.equal(broker.topics.get('b')?.partitions.length, 1)
  await admin.createPartitions({ topicPartitions: [{ topic: 'b', count: 3 }] })
  t.equal(broker.topics.get('b')?.partitions.length, 3)
  t.match(await failureOf(admin.createPartitions({ topicPartitions: [{ topic: 'b', count: 2 }] })), { type: 'INVALID_PARTITIONS' })
  await t.rejects(admin.createPartitions({ topicPartitions: [{ topic: 'none', count: 2 }] }))

  await admin.deleteTopics({ topics: ['b'] })
  t.same(await admin.listTopics(), ['a'])
  t.equal(broker.topics.delete('b'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

await t.test('admin: offsets and deleted records', async t => {
  const { kafka, topic } = await startAny(t)
  const to = await topic()
  const admin = kafka.admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  await producer.send({ topic: to, messages: [{ value: 'one' }, { value: 'two' }, { value: 'three' }] })
  t.match(await admin.fetchTopicOffsets(to), [{ partition: 0, low: '0', high: '3' }])
  await admin.deleteTopicRecords({ topic: to, partitions: [{ partition: 0, offset: '1' }] })
  t.match(await admin.fetchTopicOffsets(to), [{ partition: 0, low: '1', high: '3' }])
  t.same(await consume(kafka, to, to, 2), ['two', 'three'], 'a batch that reaches across the start is still read')
  await t.rejects(admin.deleteTopicRecords({ topic: to, partitions: [{ partition: 0, offset: '9' }] }))
  await admin.deleteTopicRecords({ topic: to, partitions: [{ partition: 0, offset: '-1' }] })
  t.match(await admin.fetchTopicOffsets(to), [{ partition: 0, low: '3', high: '3' }])
})
