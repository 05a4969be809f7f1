import t from 'tap'
import { Appender } from '../../src/log/kafka/appender.ts'
import type { Cluster } from '../../src/log/kafka/cluster.ts'
import { NotSent } from '../../src/log/kafka/errors.ts'
import { readHeader } from '../../src/devkafka/batch.ts'
import { ErrorCode, type ErrorName } from '../../src/wire/errors.ts'
import type { HighWatermark } from '../../src/wire/list-offsets.ts'
import { HeldClock } from '../session/given.ts'
import { answering, permitted, sentIn } from './fake-kafka.ts'
import { append, Ledger, reasonsOf } from './given.ts'

const settled = () => new Promise(setImmediate)

interface Request { body: Buffer, lane: number, answer: (bytes: Buffer) => void, fail: (error: Error) => void }

/** An Appender on a cluster whose answers the test writes. */
function started (holdMs = 1000, { holdBytes = 1000, partitions = 2, maxBatchBytes = 1000 } = {}) {
  const clock = new HeldClock()
  const sent: Request[] = []
  const asked: number[] = []
  const given = { isHidden: false, marks: [] as HighWatermark[], producers: [] as Array<Promise<{ id: bigint, epoch: number }>> }
  const cluster = {
    ...permitted,
    isHidden: () => given.isHidden,
    leader: () => 1,
    partitions: () => 1,
    refresh: () => Promise.reject(new Error('away')),
    initProducerId: () => given.producers.shift() ?? Promise.reject(new Error('away')),
    highWatermarks: (_node: number, _parts: unknown, lane: number) => {
      asked.push(lane)
      return given.marks.length > 0 ? Promise.resolve(given.marks) : Promise.reject(new Error('away'))
    },
    send: (_node: number, _call: object, body: Buffer, lane: number) => new Promise<Buffer>((resolve, reject) => { sent.push({ body, lane, answer: resolve, fail: reject }) })
  }
  const waits: number[] = []
  const appender = new Appender(cluster as unknown as Cluster, clock, { holdBytes, holdMs, requestTimeoutMs: 100, onStored: (_topic, waitMs) => waits.push(waitMs) })
  const ledger = new Ledger()
  const topic = appender.topic('t', partitions, maxBatchBytes, { id: 1n, epoch: 0 })
  const turn = async (): Promise<void> => {
    await settled()
    clock.turn()
  }
  let id = 0
  const put = async (...partitions: number[]): Promise<void> => {
    for (const partition of partitions) append(topic, ledger, ++id, { partition })
    await turn()
  }
  /** As the last requests were sent: where each went, and for which partitions. */
  const ways = (last: number): Array<[lane: number, ...partitions: number[]]> =>
    sent.slice(-last).map(({ lane, body }) => [lane, ...sentIn(body).map(({ partition }) => partition)])
  return { clock, sent, asked, given, waits, appender, ledger, topic, turn, put, ways }
}

/** In whose name the one batch of a Produce body is written. */
function producerOf ({ body }: Request): { id: number, epoch: number, sequence: number } {
  const { producerId, producerEpoch, baseSequence } = readHeader(sentIn(body)[0]?.batch as Buffer)
  return { id: producerId, epoch: producerEpoch, sequence: baseSequence }
}

const answer = (partition: number, error: number, throttleMs = 0): Buffer => answering('t', [{ partition, error, base: 40, faulty: [] }], throttleMs)
const stored = (base: number, ...partitions: number[]): Buffer => answering('t', partitions.map((partition) => ({ partition, error: 0, base, faulty: [] })))

await t.test('what comes while a request is under way waits a little for company, and an answer ends the wait', async t => {
  const { clock, sent, waits, topic } = started()
  const ledger = new Ledger()
  append(topic, ledger, 1)
  clock.turn()
  t.equal(sent.length, 1)
  append(topic, ledger, 2, { partition: 1 })
  clock.turn()
  append(topic, ledger, 3, { partition: 1 })
  clock.turn()
  t.equal(sent.length, 1)
  clock.advance(5)
  clock.turn()
  t.equal(sent.length, 2)
  append(topic, ledger, 4)
  sent[0]?.answer(answer(0, 0))
  await settled()
  clock.turn()
  t.strictSame(ledger.runs, [{ id: 1, count: 1, partition: 0, offset: 40 }])
  t.strictSame(waits, [5])
  clock.advance(5)
  clock.turn()
  t.equal(sent.length, 3)
})

await t.test('however much is held, what is under way on one connection is bounded, and the oldest goes first', async t => {
  const MIB = 1 << 20
  const { clock, sent, topic, turn, ways } = started(1000, { holdBytes: 64 * MIB, partitions: 7, maxBatchBytes: 2 * MIB })
  const ledger = new Ledger()
  const put = (partition: number, bytes: number): boolean => append(topic, ledger, partition + 1, { partition, value: 'x'.repeat(bytes) })
  for (const partition of [6, 5, 4, 3, 2, 1]) put(partition, MIB)
  await turn()
  t.strictSame(ways(1), [[0, 1, 2, 3]])
  clock.advance(50)
  await turn()
  t.equal(sent.length, 1)
  put(1, MIB)
  put(2, MIB)
  sent[0]?.answer(stored(40, 1, 2, 3))
  await turn()
  t.strictSame(ways(1), [[0, 4, 5, 6]])
  sent[1]?.answer(stored(40, 4, 5, 6))
  clock.advance(1)
  put(0, 6 * MIB)
  await turn()
  t.strictSame(ways(1), [[0, 1, 2]])
  sent[2]?.answer(stored(41, 1, 2))
  await turn()
  t.strictSame(ways(1), [[0, 0]], 'what is larger goes alone')
  put(1, 10)
  clock.advance(10)
  await turn()
  t.equal(sent.length, 4)
  sent[3]?.answer(stored(40, 0))
  await turn()
  t.strictSame(ways(1), [[0, 1]])
})

await t.test('an answer that leaves a partition out, or makes no sense, is no answer', async t => {
  const { clock, sent, appender, topic } = started()
  const ledger = new Ledger()
  append(topic, ledger, 1)
  clock.turn()
  for (const bytes of [answer(1, 0), Buffer.from([0, 0, 0]), answer(0, 0)]) {
    sent.at(-1)?.answer(bytes)
    await settled()
    clock.advance(100)
    await settled()
    clock.turn()
  }
  t.equal(sent.length, 3)
  t.ok(sent.every(({ body }) => body.equals((sent[0] as { body: Buffer }).body)), 'the very same bytes each time')
  t.equal(ledger.runs.length, 1)
  t.strictSame([appender.stalls, appender.heldBytes], [[], 0])
})

await t.test('a leader that lost its place may have appended: what is given up then is unknown, and lends its sequence to nobody', async t => {
  const NOT_LEADER = 6
  const { clock, sent, topic } = started(150)
  const ledger = new Ledger()
  append(topic, ledger, 1)
  clock.turn()
  sent[0]?.answer(answer(0, NOT_LEADER))
  await settled()
  for (let n = 1; ledger.failures.length === 0; n++) {
    clock.advance(100)
    await settled()
    clock.turn()
    sent[n]?.fail(new NotSent(new Error('away')))
    await settled()
  }
  t.match(ledger.failures, [{ id: 1, code: 'outcome-unknown' }])
  clock.advance(100)
  await settled()
  append(topic, ledger, 2)
  clock.turn()
  t.strictSame([sent[0], sent.at(-1)].map((one) => producerOf(one as Request)), [{ id: 1, epoch: 0, sequence: 0 }, { id: 1, epoch: 1, sequence: 0 }])
})

await t.test('once it is closed nothing is sent, and no timer is left', async t => {
  const { clock, sent, appender, topic } = started()
  append(topic, new Ledger(), 1)
  clock.turn()
  appender.close()
  sent[0]?.fail(new Error('closed'))
  await settled()
  append(topic, new Ledger(), 2)
  clock.turn()
  t.strictSame([sent.length, clock.timers], [1, 0])
  const other = started()
  append(other.topic, new Ledger(), 1)
  other.clock.turn()
  other.sent[0]?.fail(new NotSent(new Error('refused')))
  await settled()
  t.equal(other.clock.timers, 1)
  other.appender.close()
  t.equal(other.clock.timers, 0)
})

await t.test('a partition with slow followers travels on the other connection; its neighbours do not wait for it, and it may come back', async t => {
  const { clock, sent, asked, given, put, turn, ways, ledger } = started()
  await put(0, 1)
  sent[0]?.answer(stored(40, 0, 1))
  await turn()
  await put(0, 1)
  t.strictSame(ways(2), [[0, 0, 1], [0, 0, 1]])
  given.marks = [{ topic: 't', partition: 0, errorCode: 0, offset: 41 }, { topic: 't', partition: 1, errorCode: 0, offset: 42 }]
  clock.advance(300)
  await turn()
  await turn()
  t.strictSame(asked, [1], 'the question does not wait behind the request')
  t.strictSame(ways(1), [[1, 1]], 'what is replicated asks for its ack where nothing is late')
  t.ok(sentIn(sent[2]?.body as Buffer)[0]?.batch.equals(sentIn(sent[1]?.body as Buffer)[1]?.batch as Buffer), 'as a repeat')
  sent[2]?.answer(stored(41, 1))
  await turn()
  await put(1)
  t.strictSame(ways(1), [[1, 1]])
  sent[3]?.answer(stored(42, 1))
  sent[1]?.answer(stored(41, 0, 1))
  await turn()
  await put(0, 1)
  t.strictSame(ways(2), [[1, 0], [0, 1]])
  sent[5]?.answer(stored(43, 1))
  await turn()
  await put(0, 1)
  t.strictSame(ways(1), [[0, 1]], 'and again, while the slow one waits')
  sent[6]?.answer(stored(44, 1))
  await turn()
  clock.advance(200)
  sent[4]?.answer(stored(42, 0))
  await turn()
  t.strictSame(ways(1), [[1, 0]])
  sent[7]?.answer(stored(43, 0))
  await turn()
  await put(0, 1)
  t.strictSame(ways(1), [[0, 0, 1]], 'its answers are quick again')
  t.strictSame([ledger.runs.length, ledger.runs.filter(({ partition }) => partition === 1).map(({ offset }) => offset)], [9, [40, 41, 42, 43, 44]])
})

await t.test('what was sent behind a late request goes again past it', async t => {
  const { clock, sent, put, turn, ways, ledger } = started()
  await put(0)
  clock.advance(10)
  await put(1)
  t.strictSame(ways(2), [[0, 0], [0, 1]])
  clock.advance(200)
  await turn()
  t.strictSame(ways(1), [[1, 1]])
  sent[2]?.answer(stored(40, 1))
  sent[0]?.answer(stored(40, 0))
  sent[1]?.answer(stored(40, 1))
  await turn()
  t.strictSame(ledger.runs.map(({ id }) => id), [2, 1], 'and is answered once')
})

await t.test('what is ready while a request is late takes the other connection; while both are late it waits', async t => {
  const { clock, sent, put, turn, ways } = started()
  await put(0)
  clock.advance(200)
  await put(1)
  t.strictSame(ways(2), [[0, 0], [1, 1]])
  clock.advance(200)
  sent[0]?.answer(stored(40, 0))
  await turn()
  await put(0)
  t.strictSame(ways(2), [[0, 0], [1, 1]], 'a slow one keeps to its connection')
  sent[1]?.answer(stored(40, 1))
  await turn()
  t.strictSame(ways(1), [[1, 0]])
})

await t.test('which partition is slow stays open where Kafka does not say', async t => {
  const { clock, sent, given, put, turn, ways } = started()
  await put(0, 1)
  clock.advance(300)
  sent[0]?.answer(stored(40, 0, 1))
  await turn()
  await put(0, 1)
  given.marks = [{ topic: 't', partition: 0, errorCode: 6, offset: -1 }]
  clock.advance(300)
  await turn()
  sent[1]?.answer(stored(41, 0, 1))
  await turn()
  await put(0, 1)
  t.strictSame(ways(1), [[0, 0, 1]])
})

await t.test('a broker that throttles is sent nothing meanwhile, and that is told', async t => {
  const { clock, sent, appender, put, turn, ledger } = started(500)
  await put(0)
  sent[0]?.answer(answer(0, 0, 350))
  await turn()
  await put(1)
  clock.advance(300)
  await turn()
  t.strictSame([sent.length, reasonsOf(appender.stalls)], [1, ['t/1 is not written: Kafka throttles this client']])
  clock.advance(100)
  await turn()
  t.strictSame([sent.length, reasonsOf(appender.stalls)], [2, []])
  sent[1]?.answer(answer(1, 0, 1000))
  await turn()
  await put(0)
  clock.advance(600)
  t.strictSame(ledger.failures, [{ id: 3, code: 'kafka-away', reason: 'Kafka throttles this client' }])
})

await t.test('what waits for a topic that Kafka no longer shows is refused as not allowed', async t => {
  const { clock, sent, given, put, turn, ledger } = started()
  given.isHidden = true
  await put(0)
  sent[0]?.fail(new NotSent(new Error('no leader')))
  await turn()
  clock.advance(1000)
  t.strictSame(ledger.codes, [[1, 'not-authorized']])
})

await t.test('what is under way is given up at the bound, not later, and a late answer is nobody\'s', async t => {
  const { clock, sent, appender, put, turn, ledger } = started(1500)
  await put(0)
  await put(0)
  clock.advance(1400)
  t.strictSame(reasonsOf(appender.stalls), ['t/0 is not written: broker 1 does not answer'])
  clock.advance(100)
  t.strictSame(ledger.codes, [[1, 'outcome-unknown'], [2, 'kafka-away']])
  await put(0)
  t.strictSame(sent.map(producerOf).at(-1), { id: 1, epoch: 1, sequence: 0 })
  sent[0]?.answer(stored(40, 0))
  await turn()
  t.strictSame(ledger.runs, [])
  sent[1]?.answer(stored(41, 0))
  await turn()
  t.strictSame(ledger.runs.map(({ id, offset }) => [id, offset]), [[3, 41]])
})

for (const error of ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'] as const) {
  await t.test(`${error}: it goes on under a new producer id, as soon as there is one`, async t => {
    const { clock, sent, given, put, turn } = started()
    await put(0)
    sent[0]?.answer(answer(0, ErrorCode[error]))
    await turn()
    clock.advance(100)
    await turn()
    await turn()
    t.equal(sent.length, 1)
    given.producers = [Promise.resolve({ id: 2n, epoch: 0 })]
    clock.advance(100)
    await turn()
    await turn()
    t.strictSame(sent.map(producerOf), [{ id: 1, epoch: 0, sequence: 0 }, { id: 2, epoch: 0, sequence: 0 }])
  })
}

const lost: ErrorName[] = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'PRODUCER_FENCED']
const refusedForGood: ErrorName[] = ['TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD']
for (const error of [...lost, ...refusedForGood]) {
  await t.test(`${error} after a try without an answer: unknown, and what waits behind is given up with it`, async t => {
    const { clock, sent, ledger, put, turn } = started()
    await put(0)
    await put(0)
    sent[0]?.fail(new Error('cut'))
    await turn()
    clock.advance(100)
    await turn()
    await turn()
    sent[1]?.answer(answer(0, ErrorCode[error]))
    await turn()
    t.strictSame(ledger.failures, [{ id: 1, code: 'outcome-unknown', reason: error }, { id: 2, code: 'kafka-away', reason: error }])
  })
}
