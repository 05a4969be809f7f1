/**
 * A token bucket: it fills evenly up to its capacity, and what is taken out of it is what was used. Pure arithmetic; the time is
 * given, in milliseconds that go on evenly, and so are rate and capacity, which may change. A rate of 0 has no end.
 */
export class Bucket {
  #left: number
  #filledMs: number

  /** It begins full. */
  constructor (capacity: number, nowMs: number) {
    this.#left = capacity
    this.#filledMs = nowMs
  }

  /**
   * Takes out what was used already, which may be more than there is: the rest is a debt. Whether there was as much. It asks for no
   * time, so that it costs nothing to speak of; who is told no fills it and looks again. Filled only then, it gives in any time t
   * at most twice its capacity and rate × t, for it may be full a second time just after it was emptied.
   */
  spend (amount: number): boolean { return (this.#left -= amount) >= 0 }

  /** Nothing is owed. */
  get isPaid (): boolean { return this.#left >= 0 }

  fill (perSecond: number, capacity: number, nowMs: number): this {
    this.#left = perSecond === 0 ? Infinity : Math.min(capacity, this.#left + (nowMs - this.#filledMs) / 1000 * perSecond)
    this.#filledMs = nowMs
    return this
  }

  /** Takes one out if there is one: 0. Else the milliseconds until there is. It gives at most its capacity and rate × t. */
  take (perSecond: number, capacity: number, nowMs: number): number {
    this.fill(perSecond, capacity, nowMs)
    if (this.#left < 1) return (1 - this.#left) / perSecond * 1000
    this.#left -= 1
    return 0
  }

  isFull (capacity: number): boolean { return this.#left >= capacity }
}
