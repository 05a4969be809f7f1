import type { Clock } from '../clock.ts'
import { Problem } from '../protocol/problem.ts'

const RETRY_AFTER_S = 2

/** The ids of tickets that were redeemed here, each for as long as a ticket can be good. Two sets that take turns: no id is looked for to be forgotten. */
export class UsedTickets {
  readonly #clock: Clock
  readonly #keptMs: number
  readonly #max: number
  #turnedMs: number
  #now = new Set<string>()
  #before = new Set<string>()

  /** An id is remembered for `keptMs` at least, and for twice as long at most; `max` in either set. */
  constructor (clock: Clock, keptMs: number, max = 100_000) {
    this.#clock = clock
    this.#keptMs = keptMs
    this.#max = max
    this.#turnedMs = clock.elapsed()
  }

  /** Throws a `Problem` where it was used before, or where more are used than can be remembered. */
  add (id: string): void {
    const nowMs = this.#clock.elapsed()
    if (nowMs - this.#turnedMs >= this.#keptMs) {
      this.#before = this.#now
      this.#now = new Set()
      this.#turnedMs = nowMs
    }
    if (this.#now.has(id) || this.#before.has(id)) throw new Problem('bad-credentials', 'Your ticket has been used; get a new one.')
    if (this.#now.size >= this.#max) throw new Problem('login-unavailable', undefined, RETRY_AFTER_S)
    this.#now.add(id)
  }
}
