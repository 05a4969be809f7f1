import type { Clock } from '../../clock.ts'
import { decodeProduce, encodeProduce, PRODUCE, type ProduceAnswer, type Produced } from '../../wire/produce.ts'
import { ErrorCode } from '../../wire/errors.ts'
import { groupBy } from '../../wire/group-by.ts'
import type { HeaderBlock } from '../../wire/header-block.ts'
import type { Stall, Topic, Waiter } from '../log.ts'
import type { Batch } from './batch.ts'
import type { Cluster } from './cluster.ts'
import { describe, NotSent } from './errors.ts'
import { PartitionQueue } from './partition-queue.ts'
import { verdict } from './answers.ts'

/** While a request is under way to a broker, what comes for its other partitions waits so long for a common one. */
const LINGER_MS = 5
const RETRY_MS = 100
/** From three quarters of the bound on, who appends is asked to slow down; what was read already still finds room. */
const PRESSED_AT = 0.75

export interface AppenderOptions {
  readonly holdBytes: number
  readonly holdMs: number
  readonly requestTimeoutMs: number
  /** Told for each batch that Kafka acknowledged: how long its first record had waited. */
  readonly onStored?: (topic: string, waitMs: number) => void
}

interface Broker { requests: number, sentMs: number }

/** The queues of all partitions, and the requests that carry their heads to the brokers that lead them. */
export class Appender {
  #cluster: Cluster
  #clock: Clock
  #options: AppenderOptions
  #queues: PartitionQueue[] = []
  #brokers = new Map<number, Broker>()
  #heldBytes = 0
  #scheduled = false
  /** The time at which this turn's first record came, for all of them: asking the clock for each would cost 1 % of the uplink. */
  #turnMs = 0
  #lingering = false
  #cancelRetry: (() => void) | undefined
  #flushed: Array<() => void> = []
  #leadersStale = false
  #asking = false
  #closed = false

  constructor (cluster: Cluster, clock: Clock, options: AppenderOptions) {
    this.#cluster = cluster
    this.#clock = clock
    this.#options = options
  }

  get heldBytes (): number { return this.#heldBytes }
  get pressed (): boolean { return this.#heldBytes > this.#options.holdBytes * PRESSED_AT }

  /** The partitions whose batches Kafka does not take at present. */
  get stalls (): Stall[] {
    return this.#queues.filter((q) => q.trouble !== '').map(({ topic, partition, trouble }) =>
      ({ topic, partition, reason: `${topic}/${partition} is not written: ${trouble}` }))
  }

  topic (name: string, partitions: number, maxBatchBytes: number, producer: { id: bigint, epoch: number }): Topic {
    const queues = Array.from({ length: partitions }, (_, partition) => new PartitionQueue(name, partition, maxBatchBytes, producer))
    this.#queues.push(...queues)
    const appender = this
    return {
      name,
      partitions,
      get pressed () { return appender.pressed },
      append: (partition, key, source, from, to, headers, waiter, id) =>
        this.#append(queues[partition] as PartitionQueue, key, source, from, to, headers, waiter, id)
    }
  }

  #append (queue: PartitionQueue, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number): boolean {
    if (this.#heldBytes + to - from > this.#options.holdBytes) return false
    this.#schedule()
    this.#heldBytes += queue.append(this.#turnMs, key, source, from, to, headers, waiter, id)
    return true
  }

  /** Resolves when nothing waits any more. */
  flush (): Promise<void> {
    if (this.#heldBytes === 0) return Promise.resolve()
    return new Promise((resolve) => { this.#flushed.push(resolve) })
  }

  /** Nothing is sent any more, and nobody hears of what still waits. */
  close (): void {
    this.#closed = true
    this.#cancelRetry?.()
  }

  #schedule (): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    this.#turnMs = this.#clock.now()
    this.#clock.soon(() => {
      this.#scheduled = false
      if (!this.#closed) this.#sendReady()
    })
  }

  /** Everything that is ready to go to one broker goes in one request. */
  #sendReady (): void {
    const now = this.#clock.now()
    const ready = this.#queues.filter((q) => !q.underWay && !q.backingOff && q.head !== undefined)
    for (const [leader, queues] of groupBy(ready, (q) => this.#cluster.leader(q.topic, q.partition))) {
      const broker = this.#broker(leader)
      if (broker.requests === 0 || now - broker.sentMs >= LINGER_MS) this.#send(leader, broker, queues, now)
      else this.#linger()
    }
  }

  /** An answer ends the wait sooner. */
  #linger (): void {
    if (this.#lingering) return
    this.#lingering = true
    this.#clock.after(LINGER_MS, () => {
      this.#lingering = false
      this.#schedule()
    })
  }

  #broker (nodeId: number): Broker {
    const broker = this.#brokers.get(nodeId) ?? { requests: 0, sentMs: 0 }
    this.#brokers.set(nodeId, broker)
    return broker
  }

  #send (leader: number, broker: Broker, queues: PartitionQueue[], now: number): void {
    const parts = queues.map((queue) => {
      const batch = queue.freezeHead()
      queue.underWay = true
      return { topic: queue.topic, partition: queue.partition, batch: batch.sealed }
    })
    broker.requests += 1
    broker.sentMs = now
    const body = encodeProduce(parts, this.#options.requestTimeoutMs)
    const done = (settle: () => void): void => {
      broker.requests -= 1
      settle()
      this.#schedule()
    }
    this.#cluster.send(leader, PRODUCE, body).then(decodeProduce).then(
      (answer) => done(() => this.#answered(queues, answer)),
      (error: unknown) => done(() => this.#unanswered(queues, error))
    )
  }

  #answered (queues: PartitionQueue[], { partitions }: ProduceAnswer): void {
    for (const queue of queues) {
      const produced = partitions.find((p) => p.partition === queue.partition && p.topic === queue.topic)
      queue.underWay = false
      this.#settle(queue, queue.head as Batch, produced)
    }
    this.#resolveFlushed()
  }

  #settle (queue: PartitionQueue, head: Batch, produced: Produced | undefined): void {
    const code = produced?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    const answer = verdict(code)
    switch (answer.kind) {
      case 'stored':
        this.#options.onStored?.(queue.topic, this.#clock.now() - head.sinceMs)
        this.#heldBytes -= queue.stored(code === ErrorCode.NONE ? (produced as Produced).baseOffset : -1)
        break
      case 'refused':
        this.#heldBytes -= queue.refused(answer.failure)
        break
      case 'new-epoch':
        queue.raiseEpoch()
        this.#again(queue, answer.reason)
        break
      case 'again':
        if (answer.leaderMoved) this.#leadersStale = true
        if (answer.doubtful) head.doubtful = true
        this.#again(queue, answer.reason)
    }
  }

  #unanswered (queues: PartitionQueue[], error: unknown): void {
    this.#leadersStale = true
    for (const queue of queues) {
      queue.underWay = false
      if (!(error instanceof NotSent)) (queue.head as Batch).doubtful = true
      this.#again(queue, describe(error))
    }
  }

  #again (queue: PartitionQueue, trouble: string): void {
    queue.trouble = trouble
    queue.backingOff = true
    this.#retrySoon()
  }

  #retrySoon (): void {
    if (!this.#closed) this.#cancelRetry ??= this.#clock.after(RETRY_MS, () => this.#retry())
  }

  /** What has waited too long is given up at once; the rest goes again when the leaders are known, which a frozen broker may hold up. */
  #retry (): void {
    this.#cancelRetry = undefined
    const backingOff = this.#queues.filter((q) => q.backingOff)
    if (backingOff.length === 0) return
    for (const queue of backingOff) if (this.#isOverdue(queue)) this.#abandon(queue)
    this.#retrySoon()
    if (this.#asking) return
    this.#asking = true
    void this.#freshLeaders().then(() => {
      this.#asking = false
      for (const queue of this.#queues) queue.backingOff = false // those that failed meanwhile, too
      this.#schedule()
    })
  }

  async #freshLeaders (): Promise<void> {
    if (!this.#leadersStale) return
    this.#leadersStale = false
    await this.#cluster.refresh().catch(() => { this.#leadersStale = true })
  }

  #isOverdue ({ head }: PartitionQueue): boolean {
    return this.#clock.now() - (head as Batch).sinceMs >= this.#options.holdMs
  }

  #abandon (queue: PartitionQueue): void {
    const reason = queue.trouble
    const missing = this.#cluster.partitions(queue.topic) === 0
    this.#heldBytes -= queue.abandon((batch) => {
      if (batch.doubtful) return { code: 'outcome-unknown', reason }
      return { code: missing ? 'topic-missing' : 'kafka-away', reason }
    })
    this.#resolveFlushed()
  }

  #resolveFlushed (): void {
    if (this.#heldBytes > 0) return
    for (const resolve of this.#flushed.splice(0)) resolve()
  }
}
