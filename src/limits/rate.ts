import type { Clock } from '../clock.ts'
import { Bucket } from './bucket.ts'
import type { Quota } from './quotas.ts'

/** A bucket that is filled only when it is empty gives twice its capacity at most. */
const HALF = 0.5

/** What one device has sent, by all its sockets on this instance, against what it may. */
export class Rate {
  readonly device: string
  sockets = 0
  quotaClass: string | undefined
  #quota: Quota
  readonly #clock: Clock
  readonly #frames: Bucket
  readonly #bytes: Bucket

  constructor (device: string, quota: Quota, clock: Clock) {
    this.device = device
    this.#quota = quota
    this.#clock = clock
    const nowMs = clock.elapsed()
    this.#frames = new Bucket(Infinity, nowMs)
    this.#bytes = new Bucket(Infinity, nowMs)
    this.#fill()
  }

  /** Puts it into a class, or takes the class as it is now. */
  under (quotaClass: string | undefined, quota: Quota): void {
    this.quotaClass = quotaClass
    this.#quota = quota
    this.#fill()
  }

  /** One frame more was read. Whether that was within what the device may send; if not, it must wait until it is. */
  spend (bytes: number): boolean {
    const inFrames = this.#frames.spend(1)
    const inBytes = this.#bytes.spend(bytes)
    return (inFrames && inBytes) || this.isWithin()
  }

  isWithin (): boolean {
    this.#fill()
    return this.#frames.isPaid && this.#bytes.isPaid
  }

  /** It has nothing more to wait for, and so need not be remembered. */
  isRested (): boolean {
    this.#fill()
    return this.#frames.isFull(this.#most(this.#quota.framesPerSecond)) && this.#bytes.isFull(this.#most(this.#quota.bytesPerSecond))
  }

  #fill (): void {
    const nowMs = this.#clock.elapsed()
    const { framesPerSecond, bytesPerSecond } = this.#quota
    this.#frames.fill(framesPerSecond, this.#most(framesPerSecond), nowMs)
    this.#bytes.fill(bytesPerSecond, this.#most(bytesPerSecond), nowMs)
  }

  #most (perSecond: number): number { return HALF * perSecond * this.#quota.burstMs / 1000 }
}
