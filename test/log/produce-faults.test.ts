import t from 'tap'
import type { Fault } from '../../src/devkafka/faults.ts'
import type { ErrorName } from '../../src/wire/errors.ts'
import { becomes, faulty, TOPIC } from './faulty.ts'
import { foreign } from './foreign.ts'
import { append, Ledger, reasonsOf } from './given.ts'

const again: ErrorName[] = [
  'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_STORAGE_ERROR', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH',
  'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'CORRUPT_MESSAGE', 'NETWORK_EXCEPTION', 'COORDINATOR_LOAD_IN_PROGRESS',
  'UNKNOWN_SERVER_ERROR', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'
]
const mended: Array<[what: string, faults: Fault[]]> = [
  ...again.map((error): [string, Fault[]] => [error, [{ error }]]),
  ['three errors one after the other', [{ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }, { error: 'NOT_LEADER_OR_FOLLOWER' }, { error: 'REQUEST_TIMED_OUT' }]],
  ['a connection that is cut before', [{ cut: 'request' }]],
  ['a connection that is cut after', [{ cut: 'answer' }]],
  ['cut after, and before, and an error', [{ cut: 'answer' }, { cut: 'request' }, { error: 'NETWORK_EXCEPTION' }]],
  ['an answer that comes late', [{ delay: 'answer', ms: 60 }]]
]

await t.test('whatever Kafka mends: stored once, in order, and nobody hears of it', async t => {
  const { dev, ledger, put, content, log } = await faulty(t)
  let id = 0
  for (const [what, faults] of mended) {
    dev.faults.push('Produce', ...faults)
    put(++id, ++id)
    const behind = becomes(() => dev.faults.pending < faults.length).then(() => put(++id))
    await behind
    await ledger.answered(id)
    t.equal(dev.faults.pending, 0, what)
  }
  t.strictSame(ledger.failures, [])
  t.strictSame(ledger.runs.reduce((sum, { count }) => sum + count, 0), id)
  t.strictSame(await content(), Array.from({ length: id }, (_, n) => String(n + 1)))
  t.strictSame(log.health().stalls, [])
})

await t.test('a repeat whose place Kafka no longer knows is stored at -1', async t => {
  const { dev, ledger, put } = await faulty(t)
  dev.faults.push('Produce', { error: 'DUPLICATE_SEQUENCE_NUMBER' })
  put(1)
  await ledger.answered(1)
  t.strictSame(ledger.runs, [{ id: 1, count: 1, partition: 0, offset: -1 }])
  t.equal(dev.faults.pending, 0)
})

const refused: Array<[error: ErrorName, code: string]> = [
  ['MESSAGE_TOO_LARGE', 'record-too-large'], ['RECORD_LIST_TOO_LARGE', 'record-too-large'], ['TOPIC_AUTHORIZATION_FAILED', 'not-authorized'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'not-authorized'], ['INVALID_RECORD', 'kafka-refused'], ['UNSUPPORTED_VERSION', 'kafka-refused']
]
await t.test('what Kafka refuses for good fails, and what comes behind is stored', async t => {
  const { dev, ledger, put, content } = await faulty(t)
  let id = 0
  for (const [error] of refused) {
    dev.faults.push('Produce', { error })
    put(++id)
    await ledger.answered(id)
    put(++id)
    await ledger.answered(id)
  }
  t.strictSame(ledger.failures, refused.map(([reason, code], n) => ({ id: 2 * n + 1, code, reason })))
  t.strictSame(await content(), refused.map((_, n) => String(2 * n + 2)))
  t.equal(dev.faults.pending, 0)
})

await t.test('refused after a try that was cut: it may be stored, and what comes behind is', async t => {
  const { dev, ledger, put, content } = await faulty(t)
  dev.faults.push('Produce', { cut: 'answer' }, { error: 'TOPIC_AUTHORIZATION_FAILED' })
  put(1)
  await ledger.answered(1)
  put(2)
  await ledger.answered(2)
  t.strictSame(ledger.failures, [{ id: 1, code: 'outcome-unknown', reason: 'TOPIC_AUTHORIZATION_FAILED' }])
  t.strictSame(await content(), ['1', '2'])
  t.equal(dev.faults.pending, 0)
})

for (const leg of ['request', 'answer'] as const) {
  await t.test(`frozen beyond the request's time-out, at its ${leg}: stored once`, async t => {
    const { dev, log, ledger, put, content } = await faulty(t)
    dev.faults.push('Produce', { freeze: leg })
    put(1, 2)
    await becomes(() => log.health().stalls.length > 0)
    t.match(log.health(), { stalls: [{ topic: TOPIC, partition: 0, reason: `${TOPIC}/0 is not written: ` }] })
    put(3)
    t.equal(dev.faults.frozen, 1)
    dev.faults.thaw()
    await ledger.answered(3)
    t.strictSame(ledger.failures, [])
    t.strictSame(await content(), ['1', '2', '3'])
    t.strictSame([dev.faults.pending, log.health().stalls], [0, []])
  })
}

await t.test('held for too long: what was sent is unknown, what was not is away, in order; then it goes on', async t => {
  const { dev, log, ledger, put, content } = await faulty(t, { holdMs: 300 })
  dev.faults.push('Produce', { freeze: 'request' })
  put(1, 2)
  await becomes(() => dev.faults.frozen === 1)
  put(3, 4)
  await ledger.answered(4)
  t.strictSame(ledger.codes, [[1, 'outcome-unknown'], [2, 'outcome-unknown'], [3, 'kafka-away'], [4, 'kafka-away']])
  t.equal(log.health().heldBytes, 0)
  dev.faults.thaw()
  put(5, 6)
  await ledger.answered(6)
  t.equal(ledger.failures.length, 4)
  t.strictSame(await content(), ['1', '2', '5', '6'], 'what was unknown came through, once')
  t.equal(dev.faults.pending, 0)
})

await t.test('a topic that is gone for too long is missing', async t => {
  const { address, ledger, put, content } = await faulty(t, { holdMs: 250 })
  const admin = foreign(address).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  await admin.deleteTopics({ topics: [TOPIC] })
  put(1)
  await ledger.answered(1)
  t.strictSame(ledger.failures, [{ id: 1, code: 'topic-missing', reason: 'the partition has no leader' }])
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] })
  put(2)
  await ledger.answered(2)
  t.strictSame(await content(), ['2'])
})

await t.test('a partition that fails while leaders are asked for is tried again, too', async t => {
  const { dev, log, ledger } = await faulty(t, { partitions: 2, requestTimeoutMs: 2_000 })
  const slow = new Ledger()
  dev.faults.push('Produce', { error: 'NOT_LEADER_OR_FOLLOWER' })
  dev.faults.push('Metadata', { freeze: 'request' })
  append(log.topic(TOPIC), ledger, 1, { partition: 0 })
  await becomes(() => dev.faults.frozen === 1)
  dev.faults.push('Produce', { error: 'NETWORK_EXCEPTION' })
  append(log.topic(TOPIC), slow, 1, { partition: 1 })
  dev.faults.thaw()
  await Promise.all([ledger.answered(1), slow.answered(1)])
  t.strictSame([ledger.failures, slow.failures, dev.faults.pending], [[], [], 0])
})

await t.test('flush waits for what has to be tried again, and for what fails', async t => {
  const { dev, log, ledger, put } = await faulty(t, { holdMs: 150 })
  dev.faults.push('Produce', { cut: 'request' })
  put(1)
  await log.flush()
  t.equal(ledger.runs.length, 1)
  dev.faults.push('Produce', ...Array<Fault>(2).fill({ error: 'NOT_ENOUGH_REPLICAS' }))
  put(2)
  await log.flush()
  t.strictSame(ledger.codes, [[2, 'kafka-away']])
  t.equal(dev.faults.pending, 0)
})

await t.test('a partition that waits for its ack does not hold up its neighbour behind the same broker', async t => {
  const { dev, log, ledger, content } = await faulty(t, { partitions: 2, requestTimeoutMs: 60_000 })
  const slow = new Ledger()
  dev.faults.push('Produce', { freeze: 'answer' })
  append(log.topic(TOPIC), slow, 1, { partition: 0 })
  await becomes(() => dev.faults.frozen === 1)
  for (let id = 1; id <= 3; id++) {
    append(log.topic(TOPIC), ledger, id, { partition: 1 })
    await ledger.answered(id)
  }
  t.strictSame([slow.runs, dev.faults.frozen], [[], 1])
  dev.faults.thaw()
  await slow.answered(1)
  t.strictSame([await content(0), await content(1), dev.faults.pending], [['1'], ['1', '2', '3'], 0])
})

await t.test('which of the partitions in one request is waited for is found out by their high watermarks', async t => {
  const { dev, log, ledger } = await faulty(t, { partitions: 2, requestTimeoutMs: 60_000 })
  append(log.topic(TOPIC), ledger, 1, { partition: 0 })
  append(log.topic(TOPIC), ledger, 2, { partition: 1 })
  await ledger.answered(2)
  dev.faults.push('Produce', { freeze: 'answer' })
  dev.faults.push('ListOffsets', { delay: 'request', ms: 1 })
  append(log.topic(TOPIC), ledger, 3, { partition: 0 })
  append(log.topic(TOPIC), ledger, 4, { partition: 1 })
  await becomes(() => dev.faults.pending === 0)
  dev.faults.thaw()
  await ledger.answered(4)
  t.strictSame(ledger.failures, [])
})

const waits: Array<[what: string, fault: Fault, told: RegExp, code: string, reason: string]> = [
  ['followers are missing', { error: 'NOT_ENOUGH_REPLICAS' }, /is not written: NOT_ENOUGH_REPLICAS$/, 'kafka-away', 'NOT_ENOUGH_REPLICAS'],
  ['followers went missing', { error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' }, /is not written: NOT_ENOUGH_REPLICAS_AFTER_APPEND$/, 'outcome-unknown', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  ['the broker did not hear of its followers in time', { error: 'REQUEST_TIMED_OUT' }, /is not written: REQUEST_TIMED_OUT$/, 'outcome-unknown', 'REQUEST_TIMED_OUT'],
  ['the disk failed', { error: 'KAFKA_STORAGE_ERROR' }, /is not written: KAFKA_STORAGE_ERROR$/, 'outcome-unknown', 'KAFKA_STORAGE_ERROR'],
  ['the quota is used up', { error: 'THROTTLING_QUOTA_EXCEEDED' }, /is not written: THROTTLING_QUOTA_EXCEEDED$/, 'kafka-away', 'THROTTLING_QUOTA_EXCEEDED'],
  ['the topic is gone', { error: 'UNKNOWN_TOPIC_OR_PARTITION' }, /is not written: UNKNOWN_TOPIC_OR_PARTITION$/, 'kafka-away', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['no answer comes', { freeze: 'request' }, /is not written: broker 1 does not answer$/, 'outcome-unknown', 'broker 1 does not answer']
]
for (const [what, fault, told, code, reason] of waits) {
  await t.test(`${what}: it is waited for and told, and at the bound refused with that reason`, async t => {
    const { dev, log, ledger, put, content } = await faulty(t, { holdMs: 1_300, requestTimeoutMs: 60_000 })
    dev.faults.push('Produce', ...Array<Fault>(100).fill(fault))
    put(1)
    await becomes(() => log.health().stalls.length > 0)
    t.match(reasonsOf(log.health().stalls)[0], told)
    await ledger.answered(1)
    t.strictSame(ledger.failures, [{ id: 1, code, reason }])
    while (dev.faults.take('Produce') !== undefined);
    dev.faults.thaw()
    put(2)
    await ledger.answered(2)
    t.match((await content()).at(-1), '2')
  })
}

await t.test('what is throttled waits for as long as Kafka says, and that is told', async t => {
  const { dev, log, ledger, put } = await faulty(t)
  dev.faults.push('Produce', { throttle: 600 })
  put(1)
  await ledger.answered(1)
  const beganMs = performance.now()
  put(2)
  t.strictSame(reasonsOf(log.health().stalls), [`${TOPIC}/0 is not written: Kafka throttles this client`])
  await ledger.answered(2)
  t.ok(performance.now() - beganMs >= 550)
  t.strictSame([log.health().stalls, dev.faults.pending], [[], 0])
})
