import { pause, type Clock } from '../clock.ts'
import { walkChunk, type Chunk } from '../log/chunk.ts'
import { LogError, type GapReason } from '../log/log.ts'
import { cursorHead, type Place } from '../protocol/cursor.ts'
import { Passes } from './passes.ts'
import { Recent } from './recent.ts'
import { Seen } from './seen.ts'
import type { Shared } from './shared.ts'
import type { Waiter, Witness } from './waiter.ts'

/** One partition: where its tail stands, what it brought lately, and who is still on the way there. */
export class PartitionReader {
  readonly partition: number
  readonly recent: Recent
  /** Everything before it has been handed on. */
  next: number
  readonly #shared: Shared
  readonly #passes: Passes
  #seen: Seen

  constructor (shared: Shared, partition: number, next: number, witness: Witness | undefined) {
    this.#shared = shared
    this.partition = partition
    this.next = next
    this.recent = new Recent(shared.budget)
    this.#seen = new Seen(next, witness, this.clock.now())
    this.#passes = new Passes(this, shared.nearRecords)
  }

  get clock (): Clock { return this.#shared.clock }
  get closed (): boolean { return this.#shared.signal.aborted }
  get freeBytes (): number { return this.#shared.budget.freeBytes }
  get cursorHead (): string { return `${cursorHead(this.#shared.cluster, this.#shared.partitions)}${this.partition}.` }
  /** How long passes have walked, those of other partitions too: they take turns. */
  get walkedMs (): number { return this.#shared.walkedMs }
  /** Where somebody stands who has everything that the tail has handed on. */
  get place (): Place { return { partition: this.partition, offset: this.next, ...this.#seen.witness } }

  /** What the tail brought next. */
  chunk (chunk: Chunk): void {
    try {
      this.#walk(chunk)
    } catch (error) { // nothing that we foresaw; what was not handed on is told at least
      this.#undecodable(this.next, chunk.next - 1, (error as Error).message)
    }
    this.next = chunk.next
    this.recent.push(chunk)
    this.#passes.moved()
  }

  #walk (chunk: Chunk): void {
    const { sink } = this.#shared
    const head = this.cursorHead
    walkChunk(chunk, this.next, {
      batch: (base, _last, batchMs, epoch) => {
        if (epoch < this.#seen.witness.epoch) this.#madeAnew(base)
        this.#seen.batch(base, batchMs, epoch)
        return true
      },
      record: (record) => {
        this.#seen.record(record)
        sink.record(this.partition, record, head)
      },
      undecodable: (from, to, reason) => this.#undecodable(from, to, reason)
    })
  }

  #undecodable (from: number, to: number, reason: string): void {
    this.#seen.undecodable(to)
    this.#shared.sink.undecodable(this.partition, from, to, reason)
  }

  /** The tail could not go on where it stood. */
  gap (from: number, to: number, reason: GapReason): void {
    this.#shared.sink.gap(this.partition, from, to, reason)
    this.next = to
    this.#forget(to)
    if (reason === 'truncated') this.#passes.rewind()
    this.#passes.moved()
  }

  /** A leader's epoch never falls: another topic of the same name has outgrown the old one unseen. */
  #madeAnew (base: number): void {
    this.#forget(base)
    this.#shared.sink.gap(this.partition, base, base, 'truncated')
    this.#passes.rewind()
  }

  /** What was known of what stands before `since` is true no more. */
  #forget (since: number): void {
    this.recent.clear()
    this.#seen = new Seen(since, undefined, this.clock.now())
  }

  join (waiter: Waiter): void { this.#passes.join(waiter) }

  leave (waiter: Waiter): void { this.#passes.leave(waiter) }

  reached (waiter: Waiter): { offset: number, batchMs: number } { return this.#passes.reached(waiter) }

  /** Whether nothing waits for it before where the tail stands. */
  hasAll (waiter: Waiter): boolean { return this.#seen.hasAll(waiter, this.next) }

  /** Whether what stands from there on is in memory. */
  holds (offset: number): boolean { return offset >= (this.recent.start ?? this.next) }

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

  walked (ms: number): void { this.#shared.walkedMs += ms }
}
