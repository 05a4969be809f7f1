import type { Clock } from '../clock.ts'
import { again } from '../log/again.ts'
import type { Log, Tail } from '../log/log.ts'
import type { Session } from '../session/session.ts'
import { formatCursor, MAX_CURSOR_LENGTH } from '../protocol/cursor.ts'
import { batchOf } from '../wire/batch-walk.ts'
import { crc32c } from '../wire/crc32c.ts'
import { homePartition } from '../wire/murmur2.ts'
import { Follower, type Partitions } from './follower.ts'
import { homeOf, type Partitioner } from './home.ts'
import { Lookups } from './lookups.ts'
import { PartitionReader } from './partition.ts'
import { Budget } from './recent.ts'
import type { ReaderSink, Shared } from './shared.ts'
import { Turns } from './turns.ts'
import type { Witness } from './waiter.ts'

/** A walk so long takes some tens of ms. */
const NEAR_RECORDS = 65_536
/** In a storm of reconnects the topic is looked at so often, and no more. */
const FRESH_MS = 50
const ONE_BATCH_BYTES = 1
const NOBODY = Buffer.alloc(0)
/** Producers learn of new partitions within five minutes (`metadata.max.age.ms`); until then they may write by the old count. */
const SETTLE_MS = 600_000

export interface ReaderOptions {
  readonly topic: string
  readonly partitioner: Partitioner
  /** What is kept in memory of what came lately. */
  readonly historyBytes: number
}

/** A topic as its addressees read it: live from its tails, and from wherever each of them left off. */
export class Reader implements Partitions {
  readonly #log: Log
  readonly #clock: Clock
  readonly #options: ReaderOptions
  readonly #closing = new AbortController()
  #shared: Shared
  #readers: PartitionReader[] = []
  #tail: Tail | undefined
  #cancelSettle: () => void = () => {}
  #looking: Promise<void> | undefined
  #lookNext: Promise<void> | undefined
  #isLooking = false
  #lookedMs = 0
  readonly lookups: Lookups
  /** Told when devices' homes have changed. */
  onRehome: () => void = () => {}

  constructor (log: Log, clock: Clock, options: ReaderOptions, sink: ReaderSink) {
    this.#log = log
    this.#clock = clock
    this.#options = options
    const { signal } = this.#closing
    this.#shared = {
      log, clock, topic: options.topic, budget: new Budget(options.historyBytes), turns: new Turns(clock), signal, sink, nearRecords: NEAR_RECORDS, cluster: '', partitions: 0, fetchedBytes: 0, fetches: 0, walkedMs: 0
    }
    this.lookups = new Lookups(log, clock, options.topic, signal)
  }

  /** Pins the ends: what is stored from then on is told. While Kafka does not tell them, it is asked again. */
  async start (): Promise<void> {
    const { topic } = this.#options
    this.#shared.cluster = markOf(this.#log.cluster)
    const ends = await again(this.#clock, this.#closing.signal, () => this.#log.ends(topic))
    this.#shared.partitions = ends.length
    const witnesses = await Promise.all(ends.map((end, partition) => this.#witness(partition, end)))
    this.#readers = ends.map((end, partition) => new PartitionReader(this.#shared, partition, end, witnesses[partition]))
    this.#tail = this.#log.tail(topic, ends, {
      chunk: (partition, chunk) => (this.#readers[partition] as PartitionReader).chunk(chunk),
      gap: (partition, from, to, reason) => (this.#readers[partition] as PartitionReader).gap(from, to, reason),
      grown: (count) => this.#grown(count)
    })
  }

  follow (session: Session): Follower { return new Follower(session, this) }

  get cluster (): string { return this.#shared.cluster }
  get announced (): number { return this.#shared.partitions }
  get all (): readonly PartitionReader[] { return this.#readers }
  /** Whether cursors fit into an address: where all of very many partitions are a device's home they do not, and none is given. */
  get givesCursors (): boolean {
    return formatCursor(this.cluster, this.announced, this.homesOf(NOBODY).map(({ place }) => place)).length <= MAX_CURSOR_LENGTH
  }

  get lag (): number[] { return this.#tail?.lag() ?? [] }
  /** What was read from Kafka again for those who were behind. */
  get fetchedBytes (): number { return this.#shared.fetchedBytes }
  get fetches (): number { return this.#shared.fetches }

  homesOf (key: Buffer): readonly PartitionReader[] {
    const home = homeOf(this.#options.partitioner, key, this.#shared.partitions)
    return home === undefined ? this.#readers : [this.#readers[home] as PartitionReader]
  }

  /** Where a record for that device has to lie, so that its sockets find it when they come back. */
  placeOf (key: Buffer): number {
    return homeOf(this.#options.partitioner, key, this.announced) ?? homePartition(key, this.announced)
  }

  /** Resolves when the partitions are known that there were when it was asked, or a moment before. */
  fresh (): Promise<void> {
    if (this.#looking !== undefined && this.#clock.elapsed() - this.#lookedMs <= FRESH_MS) return this.#looking
    if (this.#isLooking) { // one at a time, however long Kafka is away: who comes meanwhile waits for the next
      this.#lookNext ??= (this.#looking as Promise<void>).then(() => {
        this.#lookNext = undefined
        return this.fresh()
      })
      this.#lookNext.catch(() => {}) // the gateway is going away
      return this.#lookNext
    }
    this.#lookedMs = this.#clock.elapsed()
    this.#isLooking = true
    this.#looking = again(this.#clock, this.#closing.signal, () => (this.#tail as Tail).look()).finally(() => { this.#isLooking = false })
    this.#looking.catch(() => {})
    return this.#looking
  }

  close (): void {
    this.#closing.abort()
    this.#cancelSettle()
    this.#tail?.close()
  }

  /** What stands before the end, to know it again. Nothing there, or no answer: undefined. */
  async #witness (partition: number, end: number): Promise<Witness | undefined> {
    if (end === 0) return undefined
    const chunk = await this.#log.fetch(this.#options.topic, partition, end - 1, ONE_BATCH_BYTES).catch(() => undefined)
    return chunk && batchOf(chunk.buffer, chunk.at, chunk.end, end - 1)
  }

  #grown (count: number): void {
    for (let p = this.#readers.length; p < count; p++) this.#readers.push(new PartitionReader(this.#shared, p, 0, undefined))
    this.#cancelSettle()
    this.#cancelSettle = this.#clock.after(SETTLE_MS, () => {
      this.#shared.partitions = count
      this.onRehome()
    })
  }
}

function markOf (cluster: string): string {
  const name = Buffer.from(cluster)
  return crc32c(name, 0, name.length).toString(36)
}
