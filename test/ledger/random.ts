/** Numbers that look random and are the same for the same seed: mulberry32, by Tommy Ettinger, in the public domain. */
export class Random {
  #state: number

  constructor (seed: number) { this.#state = seed | 0 }

  /** From 0 up to, not including, 1. */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number, both ends included. */
  int (from: number, to: number): number { return from + Math.floor(this.next() * (to - from + 1)) }

  chance (probability: number): boolean { return this.next() < probability }

  pick<T> (from: readonly T[]): T { return from[this.int(0, from.length - 1)] as T }

  /** Each of them with that probability, and at least one. */
  some<T> (from: readonly T[], probability: number): T[] {
    const chosen = from.filter(() => this.chance(probability))
    return chosen.length > 0 ? chosen : [this.pick(from)]
  }

  /** Another stream of numbers: what one part of a run draws does not shift what the others do. */
  fork (): Random { return new Random(this.int(0, 0x7fff_ffff)) }
}
