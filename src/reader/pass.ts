import { Delivery } from '../hub/delivery.ts'
import { walkChunk, type Chunk } from '../log/chunk.ts'
import type { RecordView } from '../wire/record-view.ts'
import { bytesOf } from './recent.ts'
import type { PartitionReader } from './partition.ts'
import type { Waiter } from './waiter.ts'

/** Others have their turn after so long. */
const SLICE_MS = 4
const RETRY_MS = 250

/** One walk along a partition up to where its tail stands, for everybody who waits at a place before that. */
export class Pass {
  #partition: PartitionReader
  #waiters = new Map<string, Waiter[]>()
  #size = 0
  /** Those whose witness has not been seen yet, the farthest first. */
  #unseen: Waiter[] = []
  /** What was read from Kafka, to be kept for those who come next. */
  #trail: Chunk[] = []
  #trailBytes = 0
  #full = new Set<Waiter>()
  /** The next offset that it walks. */
  at: number
  /** The time of the batch before it; 0: none was walked yet. */
  batchMs = 0

  constructor (partition: PartitionReader, waiters: readonly Waiter[]) {
    this.#partition = partition
    this.at = Math.min(...waiters.map(firstOf))
    for (const waiter of waiters) this.add(waiter)
  }

  /** Whether it will come past all that this one waits for. */
  canTake (waiter: Waiter): boolean { return this.#size > 0 && firstOf(waiter) >= this.at }

  add (waiter: Waiter): void {
    const same = this.#waiters.get(waiter.device)
    if (same === undefined) this.#waiters.set(waiter.device, [waiter])
    else same.push(waiter)
    this.#size += 1
    if (waiter.witness === undefined) return
    let at = this.#unseen.length
    while (at > 0 && (this.#unseen[at - 1] as Waiter).from < waiter.from) at--
    this.#unseen.splice(at, 0, waiter)
  }

  /** Returns whether it was here. */
  remove (waiter: Waiter): boolean {
    const same = this.#waiters.get(waiter.device)
    const at = same?.indexOf(waiter) ?? -1
    if (same === undefined || at === -1) return false
    same.splice(at, 1)
    if (same.length === 0) this.#waiters.delete(waiter.device)
    this.#size -= 1
    this.#full.delete(waiter)
    this.#unseen = this.#unseen.filter((one) => one !== waiter)
    return true
  }

  has (waiter: Waiter): boolean { return this.#waiters.get(waiter.device)?.includes(waiter) === true }

  /** Everybody who is still here. */
  * waiters (): Generator<Waiter> { for (const same of this.#waiters.values()) yield * same }

  async run (): Promise<void> {
    while (this.#size > 0 && !this.#partition.closed) {
      const chunk = this.#partition.recent.find(this.at) ?? await this.#fetch()
      if (chunk === undefined) continue
      while (this.at < chunk.next && this.#size > 0 && !this.#partition.closed) {
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
    if (fetched === undefined || fetched.next === this.at) {
      // A broker that is a little behind says nothing yet, or the tail has brought it meanwhile.
      if (this.at >= this.#partition.next) this.#arrive()
      else await this.#partition.pause(RETRY_MS)
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
      for (const waiter of [...this.waiters()]) this.#lose(waiter)
      return
    }
    this.at = start
    for (const waiter of this.waiters()) {
      if (waiter.from < start) {
        waiter.from = start
        waiter.lost('retention')
      }
      if (waiter.from <= start) waiter.witness = undefined
    }
    this.#unseen = this.#unseen.filter(({ witness }) => witness !== undefined)
  }

  #lose (waiter: Waiter): void {
    this.remove(waiter)
    waiter.lost('truncated')
  }

  #walk (chunk: Chunk): void {
    const { next, clock, cursorHead } = this.#partition
    const untilMs = clock.now() + SLICE_MS
    this.at = Math.max(this.at, walkChunk(chunk, this.at, {
      batch: (base, last, batchMs, epoch) => {
        if (base >= next || this.#full.size > 0 || clock.now() > untilMs || this.#size === 0) return false
        this.#compare(base, last, batchMs, epoch)
        this.batchMs = batchMs
        return true
      },
      record: (record) => { if (record.offset < next) this.#deliver(record, cursorHead) },
      undecodable: () => { for (const waiter of this.waiters()) waiter.undecodable() }
    }))
  }

  /** Those whose place lies in, or right behind, this batch: what they noted of the batch before them has to be so. */
  #compare (base: number, last: number, batchMs: number, epoch: number): void {
    for (let one = this.#unseen.at(-1); one !== undefined && one.from - 1 <= last; one = this.#unseen.at(-1)) {
      this.#unseen.pop()
      const { witness, from } = one
      one.witness = undefined
      if (witness !== undefined && from - 1 >= base && (witness.batchMs !== batchMs || witness.epoch !== epoch)) this.#lose(one)
    }
  }

  #deliver (record: RecordView, cursorHead: string): void {
    if (record.keyLength <= 0) return
    const waiters = this.#waiters.get(record.asciiKey())
    if (waiters === undefined) return
    const delivery = this.#encode(record, cursorHead, waiters)
    for (const waiter of waiters) {
      if (delivery === undefined || record.offset < waiter.from) continue
      waiter.take(delivery)
      if (waiter.isFull) this.#full.add(waiter)
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
    waiter.from = Math.max(waiter.from, this.at)
    this.#partition.park(waiter)
  }

  /** It stands where the tail stands, and nothing can come between: who is here is live from now on. */
  #arrive (): void {
    for (const waiter of [...this.waiters()]) {
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
