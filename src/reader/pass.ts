import { Delivery } from '../hub/delivery.ts'
import { walkChunk, type Chunk } from '../log/chunk.ts'
import type { BatchSink } from '../wire/batch-walk.ts'
import type { RecordView } from '../wire/record-view.ts'
import { bytesOf } from './recent.ts'
import type { PartitionReader } from './partition.ts'
import type { Waiter } from './waiter.ts'
import { Waiters } from './waiters.ts'

/** Others have their turn after so long. */
const SLICE_MS = 4
const RETRY_MS = 250

/** One walk along a partition up to where its tail stands, for everybody who waits at a place before that. */
export class Pass {
  readonly #partition: PartitionReader
  readonly #waiters = new Waiters()
  /** Takes over who cannot keep up. */
  readonly #onParked: (waiter: Waiter) => void
  /** What was read from Kafka, to be kept for those who come next. */
  #trail: Chunk[] = []
  #trailBytes = 0
  #full = new Set<Waiter>()
  /** Behind the record with which somebody became full: the rest of its batch, which may be large, is walked again when it has had a turn. */
  #stoppedAt = Infinity
  /** The next offset that it walks. */
  at: number
  /** The time of the batch before it; 0: none was walked yet. */
  batchMs = 0

  constructor (partition: PartitionReader, waiters: readonly Waiter[], onParked: (waiter: Waiter) => void) {
    this.#partition = partition
    this.#onParked = onParked
    this.at = Math.min(...waiters.map(firstOf))
    for (const waiter of waiters) this.add(waiter)
  }

  /** Whether it will come past all that this one waits for. */
  canTake (waiter: Waiter): boolean { return this.#waiters.size > 0 && firstOf(waiter) >= this.at }

  add (waiter: Waiter): void { this.#waiters.add(waiter) }

  /** Returns whether it was here. */
  remove (waiter: Waiter): boolean {
    this.#full.delete(waiter)
    return this.#waiters.remove(waiter)
  }

  has (waiter: Waiter): boolean { return this.#waiters.has(waiter) }

  /** Everybody who is still here. */
  get waiters (): Iterable<Waiter> { return this.#waiters }

  async run (): Promise<void> {
    while (this.#waiters.size > 0 && !this.#partition.closed) {
      if (this.at >= this.#partition.next) return this.#arrive() // retention has taken all that there was to walk
      const chunk = this.#partition.recent.find(this.at) ?? await this.#fetch()
      if (chunk === undefined) continue
      while (this.at < chunk.next && this.#waiters.size > 0 && !this.#partition.closed) {
        this.#walk(chunk)
        if (this.at >= this.#partition.next) return this.#arrive()
        await this.#partition.turn()
        this.#parkFull()
      }
    }
  }

  async #fetch (): Promise<Chunk | undefined> {
    const fetched = await this.#partition.fetch(this.at)
    if (fetched === 'gone') {
      await this.#begin()
      return undefined
    }
    if (fetched === undefined || fetched.next === this.at) { // a broker that is a little behind says nothing yet
      await this.#partition.pause(RETRY_MS)
      return undefined
    }
    this.#keep(fetched)
    return fetched
  }

  #keep (chunk: Chunk): void {
    this.#trail.push(chunk)
    this.#trailBytes += bytesOf(chunk)
    while (this.#trailBytes > this.#partition.freeBytes) this.#trailBytes -= bytesOf(this.#trail.shift() as Chunk)
  }

  /** Retention has passed where it stands: it goes on at the first record that there is. */
  async #begin (): Promise<void> {
    const bounds = await this.#partition.bounds()
    if (bounds === undefined) return await this.#partition.pause(RETRY_MS)
    const { start, end } = bounds
    if (start <= this.at && this.at <= end) return await this.#partition.pause(RETRY_MS) // it is only said to be gone, as by a broker that is behind
    if (start <= this.at) { // there is less than there was
      for (const waiter of [...this.#waiters]) this.#lose(waiter)
      return
    }
    this.at = start
    for (const waiter of this.#waiters) {
      if (waiter.from < start) {
        waiter.from = start
        waiter.lost('retention')
      }
      if (waiter.from <= start) waiter.witness = undefined
    }
  }

  #lose (waiter: Waiter): void {
    this.remove(waiter)
    waiter.lost('truncated')
  }

  #walk (chunk: Chunk): void {
    const { next, clock, cursorHead } = this.#partition
    const fromMs = clock.elapsed()
    this.#stoppedAt = Infinity
    let isFirst = true // one batch at least, however long it took to come past those that were walked before
    const sink: BatchSink = {
      batch: (base, last, batchMs, epoch) => {
        if (base >= next || this.#full.size > 0 || (!isFirst && clock.elapsed() - fromMs > SLICE_MS) || this.#waiters.size === 0) return false
        isFirst = false
        this.#compare(base, last, batchMs, epoch)
        this.batchMs = batchMs
        return true
      },
      record: (record) => { if (record.offset < next && record.offset < this.#stoppedAt) this.#deliver(record, cursorHead) },
      undecodable: (_from, to) => {
        if (this.#stoppedAt !== Infinity) return // it is told when it is walked to its end
        for (const waiter of this.#waiters) if (waiter.from <= to) waiter.undecodable()
      }
    }
    this.at = Math.max(this.at, Math.min(this.#come(chunk, sink), this.#stoppedAt, next)) // the tail may stand in the middle of a batch
    this.#partition.walked(clock.elapsed() - fromMs)
  }

  /** To where it comes; behind the whole chunk where that cannot be walked at all, which is told. */
  #come (chunk: Chunk, sink: BatchSink): number {
    try {
      return walkChunk(chunk, this.at, sink)
    } catch (error) {
      sink.undecodable(this.at, chunk.next - 1, (error as Error).message)
      return chunk.next
    }
  }

  /** Those whose place lies in, or right behind, this batch: what they noted of the batch before them has to be so. */
  #compare (base: number, last: number, batchMs: number, epoch: number): void {
    for (let one = this.#waiters.nextUnseen(last); one !== undefined; one = this.#waiters.nextUnseen(last)) {
      const { witness, from } = one
      one.witness = undefined
      if (witness !== undefined && from - 1 >= base && (witness.batchMs !== batchMs || witness.epoch !== epoch)) this.#lose(one)
    }
  }

  #deliver (record: RecordView, cursorHead: string): void {
    const waiters = this.#waiters.of(record)
    if (waiters.length === 0) return
    const delivery = this.#encode(record, cursorHead, waiters)
    if (delivery === undefined) return
    for (const waiter of waiters) {
      waiter.take(delivery)
      if (!waiter.isFull) continue
      this.#full.add(waiter)
      this.#stoppedAt = record.offset + 1
    }
  }

  /** One bad record, say with headers that end nowhere, holds up no other. */
  #encode (record: RecordView, cursorHead: string, waiters: readonly Waiter[]): Delivery | undefined {
    try {
      return new Delivery(record, { cursorHead })
    } catch {
      for (const waiter of waiters) waiter.undecodable()
      return undefined
    }
  }

  /** Sockets that have had a turn to take what they were given, and did not, come back when they have. */
  #parkFull (): void {
    for (const waiter of this.#full) if (waiter.isFull) this.#park(waiter)
    this.#full.clear()
  }

  #park (waiter: Waiter): void {
    this.remove(waiter)
    if (this.at > waiter.from) {
      waiter.from = this.at
      waiter.witness = undefined
    }
    this.#onParked(waiter)
  }

  /** It stands where the tail stands, and nothing can come between: who is here is live from now on. */
  #arrive (): void {
    for (const waiter of [...this.#waiters]) {
      if (waiter.isFull) this.#park(waiter)
      else {
        this.remove(waiter)
        waiter.live()
      }
    }
    this.#partition.recent.prepend(this.#trail)
  }
}

/** Where a walk has to begin for it: with the batch that its witness tells of. */
export function firstOf ({ from, witness }: Waiter): number { return witness === undefined ? from : Math.max(0, from - 1) }
