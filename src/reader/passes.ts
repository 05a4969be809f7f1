import type { PartitionReader } from './partition.ts'
import { firstOf, Pass } from './pass.ts'
import type { Waiter } from './waiter.ts'

/** A walk that reads from Kafka waits a little for others that may come along: as long as the last one took, within these. */
const MIN_GATHER_MS = 10
const MAX_GATHER_MS = 1_000
const LOOK_AHEAD_MS = 250

/** Who is on the way to where a partition's tail stands, and the passes that bring them there: one for those who are near, one for those who are far. */
export class Passes {
  readonly #partition: PartitionReader
  readonly #nearRecords: number
  #waiting = new Set<Waiter>()
  /** Those whose sockets have not taken yet what they were given. */
  #parked = new Set<Waiter>()
  #near: Pass | undefined
  #far: Pass | undefined
  #bounding: Promise<{ end: number } | undefined> | undefined
  #scheduled = false
  #gathering = false
  #lastPassMs = 0

  constructor (partition: PartitionReader, nearRecords: number) {
    this.#partition = partition
    this.#nearRecords = nearRecords
  }

  /** It hears of everything from its offset on, at once where nothing waits for it. */
  join (waiter: Waiter): void {
    if (this.#partition.hasAll(waiter)) return waiter.live()
    this.#waiting.add(waiter)
    if (waiter.from > this.#partition.next) void this.#lookAhead(waiter)
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

  /** The tail has moved. */
  moved (): void { if (this.#waiting.size > 0) this.#schedule() }

  /** Who is on the way stands at offsets that mean something else now. */
  rewind (): void {
    const passing = [this.#near, this.#far].flatMap((pass) => [...pass?.waiters ?? []])
    for (const waiter of [...this.#waiting, ...passing, ...this.#parked]) {
      this.leave(waiter)
      waiter.lost('truncated')
    }
  }

  /** Another instance may be a little ahead of this one; what lies behind the partition's end was never there, or is no more. */
  async #lookAhead (waiter: Waiter): Promise<void> {
    for (;;) {
      await this.#partition.pause(LOOK_AHEAD_MS) // the tail comes there by itself, as a rule
      if (this.#partition.closed || !this.#waiting.has(waiter) || waiter.from <= this.#partition.next) return
      this.#bounding ??= this.#partition.bounds().finally(() => { this.#bounding = undefined })
      const bounds = await this.#bounding
      if (bounds !== undefined && waiter.from <= bounds.end) return
      if (bounds === undefined) continue
      if (this.#waiting.delete(waiter)) return waiter.lost('truncated')
    }
  }

  #schedule (): void {
    if (this.#scheduled || this.#partition.closed) return
    this.#scheduled = true
    this.#partition.clock.soon(() => {
      this.#scheduled = false
      this.#start(false)
    })
  }

  /** Others may come along with a walk that reads from Kafka. */
  #gather (): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#partition.clock.after(Math.min(Math.max(this.#lastPassMs, MIN_GATHER_MS), MAX_GATHER_MS), () => {
      this.#gathering = false
      this.#start(true)
    })
  }

  #start (gathered: boolean): void {
    const near: Waiter[] = []
    const far: Waiter[] = []
    for (const waiter of [...this.#waiting]) {
      if (waiter.from > this.#partition.next) continue
      if (this.#partition.hasAll(waiter)) {
        this.#waiting.delete(waiter)
        waiter.live()
        continue
      }
      const inMemory = firstOf(waiter) >= (this.#partition.recent.start ?? this.#partition.next)
      const isNear = inMemory || this.#partition.next - waiter.from <= this.#nearRecords
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
    const pass = new Pass(this.#partition, waiters, (waiter) => this.park(waiter))
    const startedMs = this.#partition.clock.now()
    void pass.run().finally(() => {
      this.#lastPassMs = this.#partition.clock.now() - startedMs
      ended()
      if (this.#waiting.size > 0) this.#schedule()
    })
    return pass
  }
}
