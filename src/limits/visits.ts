import type { Clock } from '../clock.ts'
import { networkOf } from './address.ts'
import { Bucket } from './bucket.ts'

/** Over it the address that was first seen is forgotten, and begins anew. */
const MAX_ADDRESSES = 10_000

/** How many requests come from each address, upgrades included. */
export class Visits {
  readonly #perSecond: number
  readonly #burst: number
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor (perSecond: number, burst: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#clock = clock
  }

  get size (): number { return this.#buckets.size }

  /** One more came. The milliseconds for which it comes too early; 0: it does not. */
  waitMs (address: string): number {
    if (this.#perSecond === 0) return 0
    const network = networkOf(address)
    const nowMs = this.#clock.elapsed()
    let bucket = this.#buckets.get(network)
    if (bucket === undefined) {
      bucket = new Bucket(this.#burst, nowMs)
      if (this.#buckets.size >= MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value as string)
      this.#buckets.set(network, bucket)
    }
    return bucket.take(this.#perSecond, this.#burst, nowMs)
  }
}
