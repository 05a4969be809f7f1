import t from 'tap'
import { Appender } from '../../src/log/kafka/appender.ts'
import type { Cluster } from '../../src/log/kafka/cluster.ts'
import { NotSent } from '../../src/log/kafka/errors.ts'
import { BASE_SEQUENCE, PRODUCER_EPOCH } from '../../src/wire/batch.ts'
import { Reader } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'
import { HeldClock } from '../session/given.ts'
import { append, Ledger } from './given.ts'

const settled = () => new Promise(setImmediate)

/** An Appender on a cluster whose answers the test writes. */
function started (holdMs = 1000) {
  const clock = new HeldClock()
  const sent: Array<{ body: Buffer, answer: (bytes: Buffer) => void, fail: (error: Error) => void }> = []
  const cluster = {
    leader: () => 1,
    partitions: () => 1,
    refresh: () => Promise.reject(new Error('away')),
    send: (_node: number, _call: object, body: Buffer) => new Promise<Buffer>((resolve, reject) => { sent.push({ body, answer: resolve, fail: reject }) })
  }
  const waits: number[] = []
  const appender = new Appender(cluster as unknown as Cluster, clock, { holdBytes: 1000, holdMs, requestTimeoutMs: 100, onStored: (_topic, waitMs) => waits.push(waitMs) })
  return { clock, sent, waits, appender, topic: appender.topic('t', 2, 1000, { id: 1n, epoch: 0 }) }
}

/** In whose name the one batch of a Produce body is written. */
function producerOf (body: Buffer): { epoch: number, sequence: number } {
  const reader = new Reader(body)
  reader.nullableString()
  reader.skip(6)
  const [[batch]] = reader.array((topic) => {
    topic.string()
    return topic.array((p) => {
      p.int32()
      return p.bytes()
    })
  }) as [[Buffer]]
  return { epoch: batch.readInt16BE(PRODUCER_EPOCH), sequence: batch.readInt32BE(BASE_SEQUENCE) }
}

const answer = (partition: number, error: number): Buffer =>
  new Writer().array(['t'], (w, name) => w.string(name).array([partition], (p) => p.int32(partition).int16(error).int64(40).int64(-1).int64(0).array([], () => {}).string(null))).int32(0).finish()

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
  const [before, after] = [sent[0], sent.at(-1)].map((one) => producerOf((one as { body: Buffer }).body))
  t.strictSame([before, after], [{ epoch: 0, sequence: 0 }, { epoch: 1, sequence: 0 }])
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
