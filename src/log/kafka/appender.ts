import type { Clock } from '../../clock.ts'
import type { Producer } from '../../wire/batch-writer.ts'
import { ErrorCode } from '../../wire/errors.ts'
import { groupBy } from '../../wire/group-by.ts'
import type { HeaderBlock } from '../../wire/header-block.ts'
import { decodeProduce, encodeProduce, PRODUCE, type ProduceAnswer, type Produced } from '../../wire/produce.ts'
import type { Stall, Topic, Waiter } from '../log.ts'
import { verdict } from './answers.ts'
import type { Batch } from './batch.ts'
import type { Cluster } from './cluster.ts'
import { describe, NotSent } from './errors.ts'
import { Hold } from './hold.ts'
import { Link, MAIN, SIDE, SLOW_MS, type Lane, type Request } from './link.ts'
import { PartitionQueue } from './partition-queue.ts'

/** While a request is under way to a broker, what comes for its other partitions waits so long for a common one. */
const LINGER_MS = 5
/** While anything is held, so often it is looked after: what failed is tried again, what waits for too long is given up. */
const TICK_MS = 100
/** A request without an answer for so long is told as trouble. */
const TROUBLE_MS = 1000
/** A broker gives up waiting for its followers, and says so, before we give up waiting for the broker. */
const BROKER_TIMEOUT = 0.8
const THROTTLED = 'Kafka throttles this client'

export interface AppenderOptions {
  readonly holdBytes: number
  readonly holdMs: number
  readonly requestTimeoutMs: number
  /** Told for each batch that Kafka acknowledged: how long its first record had waited. */
  readonly onStored?: (topic: string, waitMs: number) => void
}

/** The queues of all partitions, and the requests that carry their heads to the brokers that lead them. */
export class Appender {
  #cluster: Cluster
  #clock: Clock
  #options: AppenderOptions
  #queues: PartitionQueue[] = []
  #links = new Map<number, Link>()
  #hold: Hold
  #scheduled = false
  /** When this turn's first record came, for all of them: asking the clock for each would cost 1 % of the uplink. */
  #turn = { timeMs: 0, elapsedMs: 0 }
  #lingering = false
  #cancelTick: (() => void) | undefined
  #flushed: Array<() => void> = []
  #leadersStale = false
  #asking = false
  #renewing = false
  #closed = false

  constructor (cluster: Cluster, clock: Clock, options: AppenderOptions) {
    this.#cluster = cluster
    this.#clock = clock
    this.#options = options
    this.#hold = new Hold(options.holdBytes)
  }

  get heldBytes (): number { return this.#hold.bytes }

  /** The partitions whose batches Kafka does not take at present. */
  get stalls (): Stall[] {
    return this.#queues.flatMap((queue) => {
      const { topic, partition, head, request } = queue
      const trouble = queue.trouble || (head !== undefined && request === undefined && this.#isThrottled(queue) ? THROTTLED : '')
      return trouble === '' ? [] : [{ topic, partition, reason: `${topic}/${partition} is not written: ${trouble}` }]
    })
  }

  topic (name: string, partitions: number, maxBatchBytes: number, producer: Producer): Topic {
    const queues = Array.from({ length: partitions }, (_, partition) => new PartitionQueue(name, partition, maxBatchBytes, producer, this.#hold))
    this.#queues.push(...queues)
    return {
      name,
      partitions,
      pressed: (partition) => this.#hold.isPressed((queues[partition] as PartitionQueue).heldBytes),
      append: (partition, key, source, from, to, headers, waiter, id) =>
        this.#append(queues[partition] as PartitionQueue, key, source, from, to, headers, waiter, id)
    }
  }

  #append (queue: PartitionQueue, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number): boolean {
    if (!this.#hold.hasRoom(queue.heldBytes, to - from)) return false
    this.#schedule()
    queue.append(this.#turn, key, source, from, to, headers, waiter, id)
    return true
  }

  /** Resolves when nothing waits any more. */
  flush (): Promise<void> {
    if (this.#hold.bytes === 0) return Promise.resolve()
    return new Promise((resolve) => { this.#flushed.push(resolve) })
  }

  /** Nothing is sent any more, and nobody hears of what still waits. */
  close (): void {
    this.#closed = true
    this.#cancelTick?.()
  }

  #schedule (): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    this.#turn.timeMs = this.#clock.now()
    this.#turn.elapsedMs = this.#clock.elapsed()
    this.#clock.soon(() => {
      this.#scheduled = false
      if (!this.#closed) this.#sendReady()
    })
    this.#arm()
  }

  #arm (): void { this.#cancelTick ??= this.#clock.after(TICK_MS, () => this.#tick()) }

  /** Everything that is ready to go to one broker goes in one request; but what is slow goes apart, on the other connection. */
  #sendReady (): void {
    if (this.#closed) return
    const nowMs = this.#clock.elapsed()
    const ready = this.#queues.filter((q) => q.isReady)
    for (const [leader, queues] of groupBy(ready, (q) => this.#cluster.leader(q.topic, q.partition))) {
      const link = this.#link(leader)
      if (nowMs < link.throttledUntilMs) continue
      const slow = queues.filter((q) => q.isSlow)
      const others = slow.length === 0 ? queues : queues.filter((q) => !q.isSlow)
      if (slow.length > 0 && link.isIdle(SIDE)) this.#send(link, SIDE, slow, nowMs)
      const lane = others.length === 0 ? undefined : link.free(nowMs)
      if (lane === undefined) continue // an answer, or the next tick, comes
      if (link.isIdle(lane) || nowMs - link.sentMs >= LINGER_MS) this.#send(link, lane, others, nowMs)
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

  #link (nodeId: number): Link {
    const link = this.#links.get(nodeId) ?? new Link(nodeId)
    this.#links.set(nodeId, link)
    return link
  }

  #send (link: Link, lane: Lane, queues: PartitionQueue[], nowMs: number): void {
    const request: Request = { queues, lane, sentMs: nowMs, isSlow: queues.some((q) => q.isSlow), examined: false }
    const parts = queues.map((queue) => {
      queue.request = request
      return { topic: queue.topic, partition: queue.partition, batch: queue.freezeHead().sealed }
    })
    link.add(request)
    const body = encodeProduce(parts, Math.ceil(this.#options.requestTimeoutMs * BROKER_TIMEOUT))
    const done = (settle: (awaiting: PartitionQueue[]) => void): void => {
      link.remove(request)
      const awaiting = queues.filter((q) => q.request === request) // the others were given up meanwhile
      for (const queue of awaiting) queue.request = undefined
      settle(awaiting)
      this.#resolveFlushed()
      this.#schedule()
    }
    this.#cluster.send(link.nodeId, PRODUCE, body, lane).then(decodeProduce).then(
      (answer) => done((awaiting) => this.#answered(link, request, awaiting, answer)),
      (error: unknown) => done((awaiting) => this.#unanswered(awaiting, error))
    )
  }

  #answered (link: Link, request: Request, queues: PartitionQueue[], { partitions, throttleMs }: ProduceAnswer): void {
    const nowMs = this.#clock.elapsed()
    if (throttleMs > 0) link.throttledUntilMs = nowMs + throttleMs
    const wasQuick = nowMs - request.sentMs < SLOW_MS
    for (const queue of queues) {
      if (wasQuick) queue.isSlow = false
      this.#settle(queue, queue.head as Batch, partitions.find((p) => p.partition === queue.partition && p.topic === queue.topic))
    }
  }

  #settle (queue: PartitionQueue, head: Batch, produced: Produced | undefined): void {
    const code = produced?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    const answer = verdict(code)
    switch (answer.kind) {
      case 'stored':
        this.#options.onStored?.(queue.topic, this.#clock.elapsed() - head.sinceMs)
        return queue.stored(code === ErrorCode.NONE ? (produced as Produced).baseOffset : -1)
      case 'refused':
      case 'unfit':
        // An earlier try may have come through: then the sequence is not free, and what is cut from it could be stored twice.
        if (head.doubtful) return queue.abandon({ code: 'kafka-away', reason: answer.failure.reason })
        return answer.kind === 'unfit' ? queue.unfit(answer.failure, (produced as Produced).faulty) : queue.refused(answer.failure)
      case 'new-epoch':
      case 'new-producer':
        // Kafka no longer tells a repeat from a new batch.
        if (head.doubtful) queue.abandon({ code: 'kafka-away', reason: answer.reason })
        else {
          this.#again(queue, answer.reason)
          queue.raiseEpoch()
        }
        if (answer.kind === 'new-producer') queue.wantsProducer = true
        return
      case 'again':
        if (answer.leaderMoved) this.#leadersStale = true
        if (answer.doubtful) head.doubtful = true
        this.#again(queue, answer.reason)
    }
  }

  #unanswered (queues: PartitionQueue[], error: unknown): void {
    this.#leadersStale = true
    for (const queue of queues) {
      if (!(error instanceof NotSent)) (queue.head as Batch).doubtful = true
      this.#again(queue, describe(error))
    }
  }

  #again (queue: PartitionQueue, trouble: string): void {
    queue.trouble = trouble
    queue.backingOff = true
  }

  #tick (): void {
    this.#cancelTick = undefined
    const nowMs = this.#clock.elapsed()
    for (const queue of this.#queues) if (nowMs - (queue.head?.sinceMs ?? Infinity) >= this.#options.holdMs) this.#giveUp(queue)
    this.#resolveFlushed()
    if (this.#hold.bytes === 0) return
    this.#arm()
    for (const link of this.#links.values()) this.#examine(link, nowMs)
    void this.#freshProducer()
    void this.#retry()
    this.#schedule()
  }

  #giveUp (queue: PartitionQueue): void {
    const head = queue.head as Batch
    if (queue.request !== undefined) head.doubtful = true
    const isMissing = this.#cluster.partitions(queue.topic) === 0
    queue.abandon({ code: isMissing ? 'topic-missing' : 'kafka-away', reason: queue.trouble || this.#troubleOf(queue) })
  }

  #troubleOf (queue: PartitionQueue): string {
    return this.#isThrottled(queue) ? THROTTLED : `broker ${this.#cluster.leader(queue.topic, queue.partition)} does not answer`
  }

  #isThrottled ({ topic, partition }: PartitionQueue): boolean {
    return this.#clock.elapsed() < this.#link(this.#cluster.leader(topic, partition)).throttledUntilMs
  }

  #examine (link: Link, nowMs: number): void {
    for (const { queues } of link.olderThan(TROUBLE_MS, nowMs)) {
      for (const queue of queues) if (queue.request !== undefined) queue.trouble ||= this.#troubleOf(queue)
    }
    const [late, ...behind] = link.on(MAIN)
    if (late === undefined || late.examined || nowMs - late.sentMs < SLOW_MS) return
    late.examined = true
    if (late.queues.length === 1) (late.queues[0] as PartitionQueue).isSlow = true
    else void this.#findSlow(link, late)
    for (const request of behind) for (const queue of request.queues) if (queue.request === request) this.#overtake(queue)
  }

  /** The broker does not even read what waits behind a late request, so it goes again past it: what comes second is a repeat to Kafka. */
  #overtake (queue: PartitionQueue): void {
    (queue.head as Batch).doubtful = true
    queue.request = undefined
  }

  /** Which of its partitions does a request wait for? Those whose followers do not have yet what it brought. */
  async #findSlow ({ nodeId }: Link, request: Request): Promise<void> {
    const found = await this.#cluster.highWatermarks(nodeId, request.queues, SIDE).catch(() => [])
    for (const queue of request.queues) {
      if (queue.request !== request || queue.end < 0) continue
      const mark = found.find((f) => f.partition === queue.partition && f.topic === queue.topic)
      if (mark?.errorCode !== ErrorCode.NONE) continue
      if (mark.offset < queue.end + (queue.head as Batch).count) queue.isSlow = true
      else this.#overtake(queue)
    }
    this.#schedule()
  }

  /** What failed goes again when the leaders are known. */
  async #retry (): Promise<void> {
    if (this.#asking || !this.#queues.some((q) => q.backingOff)) return
    this.#asking = true
    if (this.#leadersStale) {
      this.#leadersStale = false
      await this.#cluster.refresh().catch(() => { this.#leadersStale = true })
    }
    this.#asking = false
    for (const queue of this.#queues) queue.backingOff = false // those that failed meanwhile, too
    this.#schedule()
  }

  async #freshProducer (): Promise<void> {
    if (this.#renewing || !this.#queues.some((q) => q.wantsProducer)) return
    this.#renewing = true
    const producer = await this.#cluster.initProducerId().catch(() => undefined) // the next tick asks again
    this.#renewing = false
    if (producer === undefined) return
    for (const queue of this.#queues) if (queue.wantsProducer) queue.renew(producer)
    this.#schedule()
  }

  #resolveFlushed (): void {
    if (this.#hold.bytes > 0) return
    for (const resolve of this.#flushed.splice(0)) resolve()
  }
}
