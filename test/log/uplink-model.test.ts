import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Appender } from '../../src/log/kafka/appender.ts'
import type { Cluster } from '../../src/log/kafka/cluster.ts'
import { NotSent } from '../../src/log/kafka/errors.ts'
import type { Failure } from '../../src/log/log.ts'
import { ErrorCode, type ErrorName } from '../../src/wire/errors.ts'
import { HeldClock } from '../session/given.ts'
import { answering, FakePartition, permitted, sentIn, type Sent } from './fake-kafka.ts'
import { append } from './given.ts'

const HOLD_MS = 1000
const PARTITIONS = 2
const settled = (): Promise<void> => new Promise(setImmediate)

/** A session, whose records all go to one partition. */
class Sender {
  readonly partition: number
  readonly stored = new Map<number, number>()
  readonly failed = new Map<number, Failure>()
  readonly bad = new Set<number>()
  sent = 0

  constructor (partition: number) { this.partition = partition }
}

class World {
  readonly clock = new HeldClock()
  readonly partitions = Array.from({ length: PARTITIONS }, () => new FakePartition())
  readonly senders = [new Sender(0), new Sender(1), new Sender(1)]
  readonly requests: Array<{ sent: Sent[], resolve: (answer: Buffer) => void, reject: (error: Error) => void }> = []
  /** What was sent, was given up, and may still arrive. */
  readonly late: Sent[] = []
  readonly appender: Appender
  readonly topic
  #producers = 7n

  constructor () {
    const cluster = {
      ...permitted,
      leader: () => 1,
      partitions: () => PARTITIONS,
      refresh: () => Promise.resolve(),
      initProducerId: () => Promise.resolve({ id: ++this.#producers, epoch: 0 }),
      highWatermarks: () => Promise.resolve(this.partitions.map(({ values }, partition) => ({ topic: 't', partition, errorCode: 0, offset: values.length }))),
      send: (_node: number, _call: object, body: Buffer) => new Promise<Buffer>((resolve, reject) => { this.requests.push({ sent: sentIn(body), resolve, reject }) })
    }
    this.appender = new Appender(cluster as unknown as Cluster, this.clock, { holdBytes: 1 << 20, holdMs: HOLD_MS, requestTimeoutMs: 100 })
    this.topic = this.appender.topic('t', PARTITIONS, 400, { id: this.#producers, epoch: 32_765 })
  }

  async turn (): Promise<void> {
    this.clock.turn()
    await settled()
  }

  put (who: number, bad: boolean): void {
    const sender = this.senders[who] as Sender
    const id = ++sender.sent
    if (bad) sender.bad.add(id)
    append(this.topic, {
      stored: (last, count) => {
        for (let n = last - count + 1; n <= last; n++) {
          assert.ok(!sender.stored.has(n) && !sender.failed.has(n), `${n} is answered once`)
          sender.stored.set(n, n)
        }
      },
      failed: (n, failure) => {
        assert.ok(!sender.stored.has(n) && !sender.failed.has(n), `${n} is answered once`)
        sender.failed.set(n, failure)
      }
    }, id, { partition: sender.partition, value: `${bad ? 'bad' : 'ok'} ${who} ${id}` })
  }

  /** The oldest request is answered as Kafka would. */
  answer (): void {
    const request = this.requests.shift()
    request?.resolve(answering('t', request.sent.map(({ partition, batch }) => ({ partition, ...(this.partitions[partition] as FakePartition).take(batch) }))))
  }

  /** It is answered with an error, after it was done or not. */
  error (name: ErrorName, done: boolean): void {
    const request = this.requests.shift()
    request?.resolve(answering('t', request.sent.map(({ partition, batch }) => {
      if (done) (this.partitions[partition] as FakePartition).take(batch)
      return { partition, error: ErrorCode[name], base: -1, faulty: [] }
    })))
  }

  /** No answer comes, whether it was done, or is done later, or not. */
  lose (fate: 'done' | 'late' | 'never'): void {
    const request = this.requests.shift()
    if (request === undefined) return
    for (const one of request.sent) {
      if (fate === 'done') (this.partitions[one.partition] as FakePartition).take(one.batch)
      if (fate === 'late') this.late.push(one)
    }
    request.reject(new Error('lost'))
  }

  arrive (): void {
    const one = this.late.shift()
    if (one !== undefined) (this.partitions[one.partition] as FakePartition).take(one.batch)
  }

  /** From here on everything goes well. */
  async finish (): Promise<void> {
    for (let n = 0; this.appender.heldBytes > 0; n++) {
      assert.ok(n < 3_000, 'it comes to an end')
      this.answer()
      await this.turn()
      this.clock.advance(20)
      await this.turn()
    }
    while (this.late.length > 0) this.arrive()
  }

  check (): void {
    for (const [who, sender] of this.senders.entries()) {
      const there = (this.partitions[sender.partition] as FakePartition).values.map((value) => value.split(' ')).filter(([, by]) => by === String(who)).map(([, , id]) => Number(id))
      assert.equal(new Set(there).size, there.length, 'nothing stands there twice')
      let highest = 0
      const kept = there.filter((id) => id > highest && (highest = id) > 0)
      for (let id = 1; id <= sender.sent; id++) {
        const failure = sender.failed.get(id)
        assert.notEqual(sender.stored.has(id), failure !== undefined, `${id} is answered`)
        if (failure === undefined) assert.ok(kept.includes(id), `${id} was acknowledged, and a reader keeps it`)
        else if (failure.code !== 'outcome-unknown') assert.ok(!there.includes(id), `${id} was refused, and is not there`)
        assert.ok(!(sender.bad.has(id) && sender.stored.has(id)), `${id} is bad`)
        if (failure?.code === 'kafka-refused') assert.ok(sender.bad.has(id), `${id} was refused, and was not bad`)
      }
    }
  }
}

type Step = (world: World) => void

const again: ErrorName[] = ['NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND']
const notDone: ErrorName[] = ['NOT_ENOUGH_REPLICAS', 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_PRODUCER_EPOCH', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'TOPIC_AUTHORIZATION_FAILED']
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.nat(2), fc.nat(9)).map(([who, n]): Step => (world) => world.put(who, n === 0)) },
  { weight: 6, arbitrary: fc.constant<Step>((world) => world.answer()) },
  { weight: 2, arbitrary: fc.constantFrom<'done' | 'late' | 'never'>('done', 'late', 'never').map((fate): Step => (world) => world.lose(fate)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...again), fc.boolean()).map(([name, done]): Step => (world) => world.error(name, done)) },
  { weight: 1, arbitrary: fc.constantFrom(...notDone).map((name): Step => (world) => world.error(name, false)) },
  { weight: 1, arbitrary: fc.constant<Step>((world) => { world.requests.shift()?.reject(new NotSent(new Error('away'))) }) },
  { weight: 2, arbitrary: fc.constant<Step>((world) => world.arrive()) },
  { weight: 1, arbitrary: fc.boolean().map((names): Step => (world) => { for (const one of world.partitions) one.names = names }) },
  { weight: 4, arbitrary: fc.nat(200).map((ms): Step => (world) => world.clock.advance(ms)) },
  { weight: 1, arbitrary: fc.constant<Step>((world) => world.clock.advance(HOLD_MS)) }
)

await t.test('each publish is answered once, what is acknowledged stands there in order, once; what is refused does not', async t => {
  await t.resolves(fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
    const world = new World()
    for (const one of steps) {
      one(world)
      await world.turn()
    }
    await world.finish()
    world.check()
    world.appender.close()
  }), { numRuns: 1000 }))
})
