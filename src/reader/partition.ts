import { pause, type Clock } from '../clock.ts'
import { walkChunk, type Chunk } from '../log/chunk.ts'
import { LogError, type GapReason, type Log } from '../log/log.ts'
import type { Place } from '../protocol/cursor.ts'
import { cursorHead } from '../protocol/cursor.ts'
import { murmur2 } from '../wire/murmur2.ts'
import type { RecordView } from '../wire/record-view.ts'
import { LastOffsets } from './last-offsets.ts'
import { firstOf, Pass } from './pass.ts'
import { Recent, type Budget } from './recent.ts'
import type { Turns } from './turns.ts'
import { UNKNOWN_EPOCH, type Waiter, type Witness } from './waiter.ts'

/** A walk that reads from Kafka waits a little for others that may come along: as long as the last one took, within these. */
const MIN_GATHER_MS = 10
const MAX_GATHER_MS = 1_000
const MAX_KEY_BYTES = 128
const LOOK_AHEAD_MS = 250

/** What all partitions share. */
export interface Shared {
  readonly log: Log
  readonly clock: Clock
  readonly topic: string
  readonly budget: Budget
  readonly turns: Turns
  readonly signal: AbortSignal
  readonly sink: ReaderSink
  /** Who is behind by no more than this does not wait for those who are far behind. */
  readonly nearRecords: number
  /** A mark of the cluster, for cursors. */
  cluster: string
  partitions: number
  /** Bytes that were read from Kafka for those who were behind, and the requests for them. */
  fetchedBytes: number
  fetches: number
}

export interface ReaderSink {
  /** A record that was stored just now. The view is valid during the call only. */
  record: (partition: number, record: RecordView, cursorHead: string) => void
  undecodable: (partition: number, from: number, to: number, reason: string) => void
  /** Those who are live have lost records. */
  gap: (partition: number, from: number, to: number, reason: GapReason) => void
}

/** One partition: where its tail stands, what it brought lately, and who is still on the way there. */
export class PartitionReader {
  readonly partition: number
  readonly recent: Recent
  /** Everything before it has been handed on. */
  next: number
  #witness: Witness
  #shared: Shared
  #lastOffsets: LastOffsets
  /** Where the tail began, or began anew; and the time of what stood there. */
  #firstMs: number
  /** The epochs of leaders, and the first offset that was seen of each. */
  #epochs: Array<{ from: number, epoch: number }> = []
  /** Behind the last records that could not be decoded: whose they are is not known, so the index cannot speak for them. */
  #decodableFrom = 0
  #waiting = new Set<Waiter>()
  /** Those whose sockets have not taken yet what they were given. */
  #parked = new Set<Waiter>()
  #near: Pass | undefined
  #far: Pass | undefined
  #bounding: Promise<{ end: number } | undefined> | undefined
  #scheduled = false
  #gathering = false
  #lastPassMs = 0

  constructor (shared: Shared, partition: number, next: number, witness: Witness | undefined) {
    this.#shared = shared
    this.partition = partition
    this.next = next
    this.recent = new Recent(shared.budget)
    this.#lastOffsets = new LastOffsets(next)
    this.#witness = witness ?? this.#unknown()
    this.#firstMs = this.#witness.batchMs
    if (witness !== undefined) this.#epochs.push({ from: next - 1, epoch: witness.epoch })
  }

  get clock (): Clock { return this.#shared.clock }
  get closed (): boolean { return this.#shared.signal.aborted }
  get freeBytes (): number { return this.#shared.budget.freeBytes }
  get cursorHead (): string { return `${cursorHead(this.#shared.cluster, this.#shared.partitions)}${this.partition}.` }
  /** Where somebody stands who has everything that the tail has handed on. */
  get place (): Place { return { partition: this.partition, offset: this.next, ...this.#witness } }

  /** What the tail brought next. */
  chunk (chunk: Chunk): void {
    const { sink } = this.#shared
    const head = this.cursorHead
    walkChunk(chunk, this.next, {
      batch: (base, _last, batchMs, epoch) => {
        if (epoch < this.#witness.epoch) this.#madeAnew(base)
        this.#witness = { batchMs, epoch }
        if (this.#epochs.at(-1)?.epoch !== epoch) this.#epochs.push({ from: base, epoch })
        return true
      },
      record: (record) => {
        if (record.keyLength > 0 && record.keyLength <= MAX_KEY_BYTES) {
          this.#lastOffsets.note(murmur2(record.buffer, record.keyAt, record.keyAt + record.keyLength), record.offset)
        }
        sink.record(this.partition, record, head)
      },
      undecodable: (from, to, reason) => {
        this.#decodableFrom = to + 1
        sink.undecodable(this.partition, from, to, reason)
      }
    })
    this.next = chunk.next
    this.recent.push(chunk)
    if (this.#waiting.size > 0) this.#schedule()
  }

  /** The tail could not go on where it stood. */
  gap (from: number, to: number, reason: GapReason): void {
    this.#shared.sink.gap(this.partition, from, to, reason)
    this.next = to
    this.#forget(to)
    if (reason === 'truncated') this.#rewind()
    if (this.#waiting.size > 0) this.#schedule()
  }

  /** What was known of what stands before `since` is true no more. */
  #forget (since: number): void {
    this.recent.clear()
    this.#lastOffsets = new LastOffsets(since)
    this.#decodableFrom = 0
    this.#epochs = []
    this.#witness = this.#unknown()
    this.#firstMs = this.#witness.batchMs
  }

  /** Who is on the way stands at offsets that mean something else now. */
  #rewind (): void {
    const passing = [this.#near, this.#far].flatMap((pass) => [...pass?.waiters() ?? []])
    for (const waiter of [...this.#waiting, ...passing, ...this.#parked]) {
      this.leave(waiter)
      waiter.lost('truncated')
    }
  }

  /** A leader's epoch never falls: another topic of the same name has outgrown the old one unseen. */
  #madeAnew (base: number): void {
    this.#forget(base)
    this.#shared.sink.gap(this.partition, base, base, 'truncated')
    this.#rewind()
  }

  #unknown (): Witness { return { batchMs: this.clock.now(), epoch: UNKNOWN_EPOCH } }

  /** It hears of everything from its offset on, at once where nothing waits for it. */
  join (waiter: Waiter): void {
    if (this.#hasAll(waiter)) return waiter.live()
    this.#waiting.add(waiter)
    if (waiter.from > this.next) void this.#lookAhead(waiter)
    else this.#schedule()
  }

  leave (waiter: Waiter): void {
    if (this.#waiting.delete(waiter) || this.#parked.delete(waiter)) return
    if (this.#near?.remove(waiter) !== true) this.#far?.remove(waiter)
  }

  /** How far it has come, and the time of what stood before that; 0 where that is not known. */
  reached (waiter: Waiter): { offset: number, batchMs: number } {
    const pass = [this.#near, this.#far].find((one) => one?.has(waiter) === true)
    return pass === undefined || pass.at <= waiter.from ? { offset: waiter.from, batchMs: 0 } : { offset: pass.at, batchMs: pass.batchMs }
  }

  /** It comes again when its socket has taken what it was given. */
  park (waiter: Waiter): void {
    this.#parked.add(waiter)
    waiter.drained(() => { if (this.#parked.delete(waiter)) this.join(waiter) })
  }

  #hasAll (waiter: Waiter): boolean {
    const { from, witness, hash } = waiter
    if (from === this.next) return isSame(witness, this.#witness)
    return from < this.next && from >= Math.max(this.#lastOffsets.since, this.#decodableFrom) && this.#lastOffsets.last(hash) < from && this.#isPlausible(from, witness)
  }

  /** Whether what stood before `from` can be told without reading it again: the epoch is right, and the time no older than the tail's beginning. */
  #isPlausible (from: number, witness: Witness | undefined): boolean {
    if (witness === undefined || witness.epoch === UNKNOWN_EPOCH) return true
    const epoch = this.#epochs.findLast((one) => one.from < from)?.epoch
    return epoch === witness.epoch && witness.batchMs >= this.#firstMs
  }

  /** Another instance may be a little ahead of this one; what lies behind the partition's end was never there, or is no more. */
  async #lookAhead (waiter: Waiter): Promise<void> {
    for (;;) {
      await this.pause(LOOK_AHEAD_MS) // the tail comes there by itself, as a rule
      if (this.closed || !this.#waiting.has(waiter) || waiter.from <= this.next) return
      this.#bounding ??= this.bounds().finally(() => { this.#bounding = undefined })
      const bounds = await this.#bounding
      if (bounds !== undefined && waiter.from <= bounds.end) return
      if (bounds === undefined) continue
      if (this.#waiting.delete(waiter)) return waiter.lost('truncated')
    }
  }

  #schedule (): void {
    if (this.#scheduled || this.closed) return
    this.#scheduled = true
    this.clock.soon(() => {
      this.#scheduled = false
      this.#start(false)
    })
  }

  /** Others may come along with a walk that reads from Kafka. */
  #gather (): void {
    if (this.#gathering) return
    this.#gathering = true
    this.clock.after(Math.min(Math.max(this.#lastPassMs, MIN_GATHER_MS), MAX_GATHER_MS), () => {
      this.#gathering = false
      this.#start(true)
    })
  }

  #start (gathered: boolean): void {
    const near: Waiter[] = []
    const far: Waiter[] = []
    for (const waiter of [...this.#waiting]) {
      if (waiter.from > this.next) continue
      if (this.#hasAll(waiter)) {
        this.#waiting.delete(waiter)
        waiter.live()
        continue
      }
      const inMemory = firstOf(waiter) >= (this.recent.start ?? this.next)
      const isNear = inMemory || this.next - waiter.from <= this.#shared.nearRecords
      const underWay = isNear ? this.#near : this.#far
      if (underWay?.canTake(waiter) === true) {
        this.#waiting.delete(waiter)
        underWay.add(waiter)
      } else if (underWay === undefined && (inMemory || gathered)) (isNear ? near : far).push(waiter)
      else if (underWay === undefined) this.#gather()
    }
    if (near.length > 0) this.#near = this.#run(near, () => { this.#near = undefined })
    if (far.length > 0) this.#far = this.#run(far, () => { this.#far = undefined })
  }

  #run (waiters: Waiter[], ended: () => void): Pass {
    for (const waiter of waiters) this.#waiting.delete(waiter)
    const pass = new Pass(this, waiters)
    const startedMs = this.clock.now()
    void pass.run().finally(() => {
      this.#lastPassMs = this.clock.now() - startedMs
      ended()
      if (this.#waiting.size > 0) this.#schedule()
    })
    return pass
  }

  /** One piece from Kafka; undefined when it does not answer. */
  async fetch (offset: number): Promise<Chunk | 'gone' | undefined> {
    const { log, topic } = this.#shared
    try {
      this.#shared.fetches += 1
      const chunk = await log.fetch(topic, this.partition, offset)
      this.#shared.fetchedBytes += chunk.end - chunk.at
      return chunk
    } catch (error) {
      return error instanceof LogError && error.code === 'offset-gone' ? 'gone' : undefined
    }
  }

  /** What there is of it now; undefined when Kafka does not answer. */
  async bounds (): Promise<{ start: number, end: number } | undefined> {
    const { log, topic } = this.#shared
    try {
      const [starts, ends] = await Promise.all([log.starts(topic), log.ends(topic)])
      return { start: starts[this.partition] as number, end: ends[this.partition] as number }
    } catch {
      return undefined
    }
  }

  pause (ms: number): Promise<void> { return pause(this.clock, ms, this.#shared.signal) }

  turn (): Promise<void> { return this.#shared.turns.take() }
}

function isSame (a: Witness | undefined, b: Witness): boolean {
  return a === undefined || a.epoch === UNKNOWN_EPOCH || b.epoch === UNKNOWN_EPOCH || (a.epoch === b.epoch && a.batchMs === b.batchMs)
}
