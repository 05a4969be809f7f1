import type { Clock } from '../clock.ts'
import type { PartitionReader } from './partition.ts'
import { firstOf, Pass } from './pass.ts'
import type { Waiter } from './waiter.ts'

/** A pass that reads from Kafka waits a little for others that may come along: until as long has gone by as the last one took, within these. */
const MIN_GATHER_MS = 10
const MAX_GATHER_MS = 1_000
/** Passes rest three times as long as they walked, so that devices that come back one by one do not keep them walking all the time. */
const REST = 3
const MAX_REST_MS = 1_000

/** Those who are about equally far behind in one partition: one pass at a time, and who comes too late for it takes the next. */
export class Lane {
  readonly #partition: PartitionReader
  readonly #clock: Clock
  /** Takes over who cannot keep up. */
  readonly #onParked: (waiter: Waiter) => void
  readonly #waiting = new Set<Waiter>()
  #pass: Pass | undefined
  #scheduled = false
  #gathering = false
  /** Those who need Kafka have waited for others, and go with the next pass. */
  #gathered = false
  #restUntilMs = -Infinity
  #gatherUntilMs = -Infinity

  constructor (partition: PartitionReader, onParked: (waiter: Waiter) => void) {
    this.#partition = partition
    this.#clock = partition.clock
    this.#onParked = onParked
  }

  join (waiter: Waiter): void {
    if (this.#pass?.canTake(waiter) === true) return this.#pass.add(waiter)
    this.#waiting.add(waiter)
    this.#schedule()
  }

  leave (waiter: Waiter): void { if (!this.#waiting.delete(waiter)) this.#pass?.remove(waiter) }

  /** The pass that it takes part in. */
  passOf (waiter: Waiter): Pass | undefined { return this.#pass?.has(waiter) === true ? this.#pass : undefined }

  /** Everybody who is here. */
  * [Symbol.iterator] (): Generator<Waiter> {
    yield * this.#waiting
    if (this.#pass !== undefined) yield * this.#pass.waiters
  }

  #schedule (): void {
    if (this.#scheduled || this.#pass !== undefined || this.#waiting.size === 0) return
    this.#scheduled = true
    const start = (): void => {
      this.#scheduled = false
      this.#start()
    }
    const restMs = this.#restUntilMs - this.#clock.elapsed()
    if (restMs > 0) this.#clock.after(restMs, start)
    else this.#clock.soon(start)
  }

  #start (): void {
    if (this.#partition.closed || this.#pass !== undefined) return
    const here = [...this.#waiting]
    const ready = this.#gathered ? here : here.filter((waiter) => this.#partition.holds(firstOf(waiter)))
    if (ready.length > 0) this.#run(ready)
    if (this.#waiting.size > 0) this.#gather()
    else this.#gathered = false
  }

  #gather (): void {
    if (this.#gathering || this.#gathered) return
    this.#gathering = true
    this.#clock.after(Math.max(MIN_GATHER_MS, this.#gatherUntilMs - this.#clock.elapsed()), () => {
      this.#gathering = false
      this.#gathered = true
      if (this.#clock.elapsed() < this.#restUntilMs) this.#schedule()
      else this.#start()
    })
  }

  #run (waiters: readonly Waiter[]): void {
    for (const waiter of waiters) this.#waiting.delete(waiter)
    const fromMs = this.#clock.elapsed()
    const { walkedMs } = this.#partition
    this.#pass = new Pass(this.#partition, waiters, this.#onParked)
    void this.#pass.run().finally(() => {
      this.#pass = undefined
      const nowMs = this.#clock.elapsed()
      this.#restUntilMs = nowMs + Math.min(MAX_REST_MS, REST * (this.#partition.walkedMs - walkedMs))
      this.#gatherUntilMs = nowMs + Math.min(MAX_GATHER_MS, nowMs - fromMs)
      this.#schedule()
    })
  }
}
