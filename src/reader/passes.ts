import { Lane } from './lane.ts'
import type { PartitionReader } from './partition.ts'
import type { Waiter } from './waiter.ts'

const LOOK_AHEAD_MS = 250

/** Who is on the way to where a partition's tail stands: those who are near do not wait for those who are far. */
export class Passes {
  readonly #partition: PartitionReader
  readonly #nearRecords: number
  readonly #near: Lane
  readonly #far: Lane
  /** Those who have seen more than the tail has brought. */
  #ahead = new Set<Waiter>()
  /** Those whose sockets have not taken yet what they were given. */
  #parked = new Set<Waiter>()
  #bounding: Promise<{ end: number } | undefined> | undefined

  constructor (partition: PartitionReader, nearRecords: number) {
    this.#partition = partition
    this.#nearRecords = nearRecords
    const park = (waiter: Waiter): void => this.#park(waiter)
    this.#near = new Lane(partition, park)
    this.#far = new Lane(partition, park)
  }

  /** It hears of everything from its offset on, at once where nothing waits for it. */
  join (waiter: Waiter): void {
    if (this.#partition.hasAll(waiter)) return waiter.live()
    const behind = this.#partition.next - waiter.from
    if (behind >= 0) return (behind <= this.#nearRecords ? this.#near : this.#far).join(waiter)
    this.#ahead.add(waiter)
    void this.#lookAhead(waiter)
  }

  leave (waiter: Waiter): void {
    if (this.#ahead.delete(waiter) || this.#parked.delete(waiter)) return
    this.#near.leave(waiter)
    this.#far.leave(waiter)
  }

  /** How far it has come, and the time of what stood before that; 0 where that is not known. */
  reached (waiter: Waiter): { offset: number, batchMs: number } {
    const pass = this.#near.passOf(waiter) ?? this.#far.passOf(waiter)
    return pass === undefined || pass.at <= waiter.from ? { offset: waiter.from, batchMs: 0 } : { offset: pass.at, batchMs: pass.batchMs }
  }

  /** The tail has moved, to where some may have been before it. */
  moved (): void {
    for (const waiter of [...this.#ahead]) {
      if (waiter.from > this.#partition.next) continue
      this.#ahead.delete(waiter)
      this.join(waiter)
    }
  }

  /** Who is on the way stands at offsets that mean something else now. */
  rewind (): void {
    for (const waiter of [...this.#ahead, ...this.#near, ...this.#far, ...this.#parked]) {
      this.leave(waiter)
      waiter.lost('truncated')
    }
  }

  /** It comes again when its socket has taken what it was given. */
  #park (waiter: Waiter): void {
    this.#parked.add(waiter)
    waiter.drained(() => { if (this.#parked.delete(waiter)) this.join(waiter) })
  }

  /** Another instance may be a little ahead of this one; what lies behind the partition's end was never there, or is no more. */
  async #lookAhead (waiter: Waiter): Promise<void> {
    for (;;) {
      await this.#partition.pause(LOOK_AHEAD_MS) // the tail comes there by itself, as a rule
      if (this.#partition.closed || !this.#ahead.has(waiter)) return
      this.#bounding ??= this.#partition.bounds().finally(() => { this.#bounding = undefined })
      const bounds = await this.#bounding
      if (bounds !== undefined && waiter.from <= bounds.end) return
      if (bounds === undefined) continue
      if (this.#ahead.delete(waiter)) return waiter.lost('truncated')
    }
  }
}
