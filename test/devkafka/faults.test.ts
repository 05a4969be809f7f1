import t from 'tap'
import { Partitioners } from 'kafkajs'
import { batch } from './batches.ts'
import { fetchOne, produce } from './raw.ts'
import { start } from './start.ts'

await t.test('an error is answered and nothing is done', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const client = await connect()
  broker.faults.push('Produce', { error: 'NOT_ENOUGH_REPLICAS' }, { error: 'KAFKA_STORAGE_ERROR' })
  t.same(await produce(client, 'a', batch()), { error: 'NOT_ENOUGH_REPLICAS', base: -1 })
  t.same(await produce(client, 'a', batch()), { error: 'KAFKA_STORAGE_ERROR', base: -1 }, 'first come, first served')
  t.same(await produce(client, 'a', batch()), { error: 'NONE', base: 0 })
  broker.faults.push('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER' })
  t.equal((await fetchOne(client, 'a', { offset: 1, maxWaitMs: 30_000 })).error, 'NOT_LEADER_OR_FOLLOWER', 'a long poll does not wait for it')
  t.equal(broker.faults.pending, 0)
})

await t.test('a delay', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const client = await connect()
  for (const leg of ['request', 'answer'] as const) {
    broker.faults.push('Produce', { delay: leg, ms: 30 })
    const before = performance.now()
    t.equal((await produce(client, 'a', batch())).error, 'NONE')
    t.ok(performance.now() - before >= 28, leg)
  }
  t.equal(broker.faults.pending, 0)
})

await t.test('a cut, before or after it is done', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  for (const [leg, end] of [['request', 0], ['answer', 1]] as const) {
    const client = await connect()
    broker.faults.push('Produce', { cut: leg })
    void produce(client, 'a', batch())
    await client.closed
    t.equal(broker.topics.partition('a', 0)?.end, end, leg)
  }
  t.equal(broker.faults.pending, 0)
})

await t.test('a freeze, before or after it is done, until thaw', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const [before, after, other] = [await connect(), await connect(), await connect()]
  broker.faults.push('Produce', { freeze: 'request' }, { freeze: 'answer' })
  const answers: unknown[] = []
  const first = produce(before, 'a', batch()).then((answer) => answers.push(answer))
  await other.request('ApiVersions', 0)
  const second = produce(after, 'a', batch()).then((answer) => answers.push(answer))
  while (broker.faults.frozen < 2) await other.request('ApiVersions', 0)
  t.equal(broker.topics.partition('a', 0)?.end, 1, 'the second is done')
  t.same(answers, [], 'nobody is answered')
  broker.faults.thaw()
  await Promise.all([first, second])
  t.equal(broker.topics.partition('a', 0)?.end, 2)
  t.same([broker.faults.frozen, broker.faults.pending], [0, 0])
})

await t.test('paused, it answers nobody, and accepts', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const [early, writer] = [await connect(), await connect()]
  const waiting = fetchOne(early, 'a', { maxWaitMs: 30_000 })
  await writer.request('ApiVersions', 0)
  broker.resume() // which it is doing
  broker.pause()
  const late = await connect()
  let answered = 0
  const answers = [waiting, produce(writer, 'a', batch()), late.request('ApiVersions', 0)].map((answer) => answer.then(() => { answered++ }))
  await connect()
  t.equal(answered, 0)
  broker.resume()
  await Promise.all(answers)
  t.equal(answered, 3)
  t.equal(broker.faults.pending, 0)
})

await t.test('kafkajs comes through', async t => {
  const { broker, kafka } = await start(t)
  broker.topics.create({ name: 'a', partitions: 1 })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  broker.faults.push('Produce', { error: 'NOT_LEADER_OR_FOLLOWER' }, { delay: 'answer', ms: 10 })
  broker.faults.push('Metadata', { error: 'LEADER_NOT_AVAILABLE' })
  const [sent] = await producer.send({ topic: 'a', messages: [{ value: 'x' }] })
  t.match(sent, { errorCode: 0, baseOffset: '0' })
  t.equal(broker.faults.pending, 0)
})

await t.test('closing does not wait for what is delayed, frozen or polled', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  broker.faults.push('Produce', { delay: 'request', ms: 60_000 }, { freeze: 'request' })
  const clients = [await connect(), await connect(), await connect()] as const
  void produce(clients[0], 'a', batch())
  void produce(clients[1], 'a', batch())
  void fetchOne(clients[2], 'a', { maxWaitMs: 60_000 })
  while (broker.faults.frozen < 1) await (await connect()).request('ApiVersions', 0)
  await broker.close()
  await Promise.all(clients.map(({ closed }) => closed))
  t.equal(broker.faults.pending, 0)
})
