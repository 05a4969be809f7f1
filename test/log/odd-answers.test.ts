import { createRequire } from 'node:module'
import t from 'tap'
import type { Cluster } from '../../src/log/kafka/cluster.ts'
import '../../src/log/kafka/kafkajs.ts'
import { readPartition } from '../../src/log/kafka/reader.ts'
import { Tailer } from '../../src/log/kafka/tailer.ts'
import { Writer } from '../../src/wire/writer.ts'
import { HeldClock } from '../session/given.ts'
import { BASE_MS, kafkajsBatch, plain } from '../wire/batches.ts'
import { permitted } from './fake-kafka.ts'
import { Collector, reasonsOf } from './given.ts'

/** Fetch answers that no broker should give. */
function answer (partitions: Array<[partition: number, records: Buffer]>, errorCode = 0, lastStableOffset = 10): Buffer {
  return new Writer().int32(0).int16(errorCode).int32(0).array(['t'], (w, name) => w.string(name).array(partitions, (p, [partition, records]) =>
    p.int32(partition).int16(0).int64(10).int64(lastStableOffset).int64(0).int32(-1).int32(-1).bytes(records))).finish()
}

const batch = await kafkajsBatch([plain('a'), plain('b')])

/** A cluster that gives these answers one after the other, and then none. */
function answering (...answers: Buffer[]): Cluster {
  const cluster = { ...permitted, leader: () => 1, send: () => answers.length > 0 ? Promise.resolve(answers.shift()) : new Promise(() => {}), refresh: () => Promise.resolve() }
  return cluster as unknown as Cluster
}

await t.test('a range whose partition the answer leaves out', async t => {
  await t.rejects(readPartition(answering(answer([])), 't', 0, 0, 1000), { code: 'failed', message: 'Kafka left t/0 out of its answer.' })
})

await t.test('a range whose batch has no end: there is no endless asking', async t => {
  await t.rejects(readPartition(answering(answer([[0, batch.subarray(0, -1)]])), 't', 0, 0, 1000), { code: 'failed', message: 'What stands at offset 0 of t/0 cannot be read.' })
})

await t.test('a tail asks again after a pause, and says why', async t => {
  const clock = new HeldClock()
  const whole = answer([[0, batch], [7, batch]])
  const tailer = new Tailer(answering(answer([[0, batch.subarray(0, -1)]]), answer([], 3), Buffer.from([1]), whole), clock)
  const collector = new Collector()
  tailer.follow('t', [0], collector)
  const troubles: string[] = []
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate)
    troubles.push(...reasonsOf(tailer.stalls))
    clock.advance(100)
  }
  await collector.records(2)
  t.strictSame(troubles, ['what stands at offset 0 cannot be read', 'UNKNOWN_TOPIC_OR_PARTITION', '4 bytes wanted, 1 left'].map((why) => `t/0 is not read: ${why}`))
  t.strictSame([collector.values, reasonsOf(tailer.stalls)], [['a', 'b'], []])
})

await t.test('a last stable offset that stands still behind the high watermark is a stall, where the reading stands at it', async t => {
  const clock = new HeldClock()
  const held = (lastStableOffset: number, records: Buffer = Buffer.alloc(0)): Buffer => answer([[0, records]], 0, lastStableOffset)
  const tailer = new Tailer(answering(held(5, batch), held(2), held(2), held(10)), clock)
  tailer.follow('t', [0], new Collector())
  const told: string[][] = []
  for (let round = 0; round < 4; round++) {
    await new Promise(setImmediate)
    clock.advance(5_001) // it is looked once only, so no broker is taken for silent
    told.push(reasonsOf(tailer.stalls))
  }
  t.strictSame(told.map((reasons) => reasons.length), [0, 1, 1, 0])
  t.strictSame(told[1], ["t/0 is not read: a producer's open transaction holds back what is behind it"])
})

await t.test('what a former leader answers when the next one has brought more is no truncation', async t => {
  const clock = new HeldClock()
  const [first, second, third] = await Promise.all([0, 1, 2].map((n) => kafkajsBatch([plain(String(n), null, BASE_MS + n)], { baseOffset: n }))) as [Buffer, Buffer, Buffer]
  let leader = 1
  let late!: (answer: Buffer) => void
  const answers = new Map([
    [1, [Promise.resolve(answer([[0, first]])), new Promise<Buffer>((resolve) => { late = resolve })]],
    [2, [answer([[0, second]]), answer([[0, third]])].map((one) => Promise.resolve(one))]
  ])
  const never = new Promise<Buffer>(() => {})
  const cluster = {
    ...permitted,
    leader: (topic: string) => topic === 't' ? leader : 2,
    send: (nodeId: number) => answers.get(nodeId)?.shift() ?? never,
    ends: () => Promise.resolve([10]),
    offsetsAt: () => Promise.resolve([0])
  }
  const tailer = new Tailer(cluster as unknown as Cluster, clock)
  const collector = new Collector()
  tailer.follow('t', [0], collector)
  const round = async (): Promise<void> => {
    await new Promise(setImmediate)
    clock.advance(3)
  }
  await round()
  await round() // the first leader is asked for what is next
  leader = 2
  tailer.follow('u', [0], new Collector())
  for (let n = 0; n < 4; n++) await round()
  t.strictSame(collector.values, ['0', '1', '2'])
  late(answer([[0, Buffer.concat([second, third])]]))
  for (let n = 0; n < 2; n++) await round()
  t.strictSame([collector.values, collector.told, reasonsOf(tailer.stalls)], [['0', '1', '2'], [], []])
})

await t.test('who has ended a tail hears of no gap that was looked into meanwhile', async t => {
  const outOfRange = new Writer().int32(0).int16(0).int32(0).array(['t'], (w, name) => w.string(name).array([0], (p, partition) =>
    p.int32(partition).int16(1).int64(-1).int64(-1).int64(-1).int32(-1).int32(-1).bytes(Buffer.alloc(0)))).finish()
  for (const [name, start, end] of [['retention', 5, 9], ['truncation', 0, 1]] as const) {
    let told!: () => void
    const cluster = {
      ...permitted,
      ...answering(outOfRange),
      starts: () => new Promise<number[]>((resolve) => { told = () => resolve([start]) }),
      ends: () => Promise.resolve([end]),
      offsetsAt: () => Promise.resolve([0])
    }
    const collector = new Collector()
    const tail = new Tailer(cluster as unknown as Cluster, new HeldClock()).follow('t', [3], collector)
    await new Promise(setImmediate)
    tail.close()
    told()
    await new Promise(setImmediate)
    t.strictSame(collector.told, [], name)
  }
})

await t.test('a partition that cannot be read, or looked up, holds up no other of its broker', async t => {
  const broken = Buffer.alloc(batch.length) // a batch of no length
  const outOfRange = new Writer().int32(0).int16(0).int32(0).array(['t'], (w, name) => w.string(name).array([0, 1], (p, partition) =>
    p.int32(partition).int16(partition === 0 ? 1 : 0).int64(10).int64(10).int64(0).int32(-1).int32(-1).bytes(partition === 0 ? Buffer.alloc(0) : batch))).finish()
  for (const [payload, why] of [[answer([[0, broken], [1, batch]]), 'a record batch is shorter than its header'], [outOfRange, 'another partition has no leader']] as const) {
    const cluster = { ...answering(payload), starts: () => Promise.reject(new Error('another partition has no leader')) }
    const tailer = new Tailer(cluster as unknown as Cluster, new HeldClock())
    const collector = new Collector()
    tailer.follow('t', [0, 0], collector)
    for (let n = 0; n < 3; n++) await new Promise(setImmediate)
    t.strictSame([collector.values, reasonsOf(tailer.stalls)], [['a', 'b'], [`t/0 is not read: ${why}`]])
  }
})

await t.test('kafkajs looks after requests that wait, and only then', async t => {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (options: object) => {
    pending: unknown[]
    throttleCheckTimeoutId: NodeJS.Timeout | null
    scheduleCheckPendingRequests: () => void
    checkPendingRequests: () => void
  }
  const queue = new RequestQueue({ logger: { debug () {} } })
  queue.scheduleCheckPendingRequests()
  t.equal(queue.throttleCheckTimeoutId, null)
  queue.pending.push({})
  const checked = new Promise<void>((resolve) => { queue.checkPendingRequests = resolve })
  queue.scheduleCheckPendingRequests()
  const timer = queue.throttleCheckTimeoutId
  queue.scheduleCheckPendingRequests()
  t.equal(queue.throttleCheckTimeoutId, timer)
  await checked
  t.equal(queue.throttleCheckTimeoutId, null)
})
