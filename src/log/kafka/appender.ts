import type { Clock } from '../../clock.ts'
import type { Producer } from '../../wire/batch-writer.ts'
import { groupBy } from '../../wire/group-by.ts'
import type { HeaderBlock } from '../../wire/header-block.ts'
import { decodeProduce, encodeProduce, PRODUCE, type ProduceAnswer } from '../../wire/produce.ts'
import type { Stall, Topic, Waiter } from '../log.ts'
import type { Batch } from './batch.ts'
import type { Cluster } from './cluster.ts'
import { describe, NotSent } from './errors.ts'
import { Hold } from './hold.ts'
import { bytesOf, Link, SIDE, SLOW_MS, type Lane, type Request } from './link.ts'
import { overtake } from './overtake.ts'
import { PartitionQueue } from './partition-queue.ts'
import { Recovery } from './recovery.ts'
import { settle } from './settle.ts'

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
  #recovery: Recovery
  #scheduled = false
  /** When this turn's first record came, for all of them: asking the clock for each would cost 1 % of the uplink. */
  #turn = { timeMs: 0, elapsedMs: 0 }
  #lingering = false
  #cancelTick: (() => void) | undefined
  #flushed: Array<() => void> = []
  #closed = false

  constructor (cluster: Cluster, clock: Clock, options: AppenderOptions) {
    this.#cluster = cluster
    this.#clock = clock
    this.#options = options
    this.#hold = new Hold(options.holdBytes)
    this.#recovery = new Recovery(cluster, this.#queues, () => this.#schedule())
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
    const queues: PartitionQueue[] = []
    const queueOf = (partition: number): PartitionQueue => {
      while (queues.length <= partition) { // at first all that there are, and later those that were added
        const queue = new PartitionQueue(name, queues.length, maxBatchBytes, producer, this.#hold)
        queues.push(queue)
        this.#queues.push(queue)
      }
      return queues[partition] as PartitionQueue
    }
    queueOf(partitions - 1)
    return {
      name,
      partitions,
      pressed: (partition) => this.#hold.isPressed(queueOf(partition).heldBytes),
      append: (partition, key, source, from, to, headers, waiter, id) =>
        this.#append(queueOf(partition), key, source, from, to, headers, waiter, id)
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
      if (slow.length > 0 && link.isIdle(SIDE)) this.#send(link, SIDE, link.fitting(SIDE, slow), nowMs)
      const lane = others.length === 0 ? undefined : link.free(nowMs)
      if (lane === undefined) continue // an answer, or the next tick, comes
      const fitting = link.fitting(lane, others)
      if (fitting.length === 0) continue // an answer comes
      if (link.isIdle(lane) || nowMs - link.sentMs >= LINGER_MS) this.#send(link, lane, fitting, nowMs)
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

  #send (link: Link, lane: Lane, queues: readonly PartitionQueue[], nowMs: number): void {
    const request: Request = { queues, lane, sentMs: nowMs, isSlow: queues.some((q) => q.isSlow), bytes: bytesOf(queues), examined: false }
    const parts = queues.map((queue) => {
      queue.request = request
      return { topic: queue.topic, partition: queue.partition, batch: queue.freezeHead().sealed }
    })
    link.add(request)
    const body = encodeProduce(parts, Math.ceil(this.#options.requestTimeoutMs * BROKER_TIMEOUT))
    const done = (take: (awaiting: PartitionQueue[]) => void): void => {
      link.remove(request)
      const awaiting = queues.filter((q) => q.request === request) // the others were given up meanwhile
      for (const queue of awaiting) queue.request = undefined
      take(awaiting)
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
      const { sinceMs } = queue.head as Batch
      const verdict = settle(queue, partitions.find((p) => p.partition === queue.partition && p.topic === queue.topic))
      if (verdict.kind === 'stored') {
        this.#options.onStored?.(queue.topic, nowMs - sinceMs)
        this.#cluster.denials.granted('WRITE', queue.topic)
      }
      if (verdict.kind === 'refused' && verdict.failure.code === 'not-authorized') this.#denied(queue.topic, verdict.failure.reason)
      if (verdict.kind === 'again' && verdict.leaderMoved) this.#recovery.leadersStale = true
    }
  }

  #denied (topic: string, reason: string): void {
    if (reason === 'TOPIC_AUTHORIZATION_FAILED') this.#cluster.denials.denied('WRITE', topic)
    else this.#cluster.denials.denied('IDEMPOTENT_WRITE', undefined)
  }

  #unanswered (queues: PartitionQueue[], error: unknown): void {
    this.#recovery.leadersStale = true
    for (const queue of queues) {
      if (!(error instanceof NotSent)) (queue.head as Batch).doubtful = true
      queue.backOff(describe(error))
    }
  }

  #tick (): void {
    this.#cancelTick = undefined
    const nowMs = this.#clock.elapsed()
    for (const queue of this.#queues) if (nowMs - (queue.head?.sinceMs ?? Infinity) >= this.#options.holdMs) this.#giveUp(queue)
    this.#resolveFlushed()
    if (this.#hold.bytes === 0) return
    this.#arm()
    for (const link of this.#links.values()) {
      this.#noteTrouble(link, nowMs)
      void overtake(this.#cluster, link, nowMs)?.then(() => this.#schedule())
    }
    this.#recovery.attempt()
    this.#schedule()
  }

  #giveUp (queue: PartitionQueue): void {
    const head = queue.head as Batch
    if (queue.request !== undefined) head.doubtful = true
    const isMissing = this.#cluster.partitions(queue.topic) === 0
    const isHidden = this.#cluster.isHidden(queue.topic)
    if (isHidden) this.#cluster.denials.denied('WRITE', queue.topic)
    queue.abandon({ code: isHidden ? 'not-authorized' : isMissing ? 'topic-missing' : 'kafka-away', reason: queue.trouble || this.#troubleOf(queue) })
  }

  #troubleOf (queue: PartitionQueue): string {
    return this.#isThrottled(queue) ? THROTTLED : `broker ${this.#cluster.leader(queue.topic, queue.partition)} does not answer`
  }

  #isThrottled ({ topic, partition }: PartitionQueue): boolean {
    return this.#clock.elapsed() < this.#link(this.#cluster.leader(topic, partition)).throttledUntilMs
  }

  #noteTrouble (link: Link, nowMs: number): void {
    for (const { queues } of link.olderThan(TROUBLE_MS, nowMs)) {
      for (const queue of queues) if (queue.request !== undefined) queue.trouble ||= this.#troubleOf(queue)
    }
  }

  #resolveFlushed (): void {
    if (this.#hold.bytes > 0) return
    for (const resolve of this.#flushed.splice(0)) resolve()
  }
}
