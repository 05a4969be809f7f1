import type { Clock } from '../../src/clock.ts'

interface Timer { dueMs: number, fn: () => void }

/** Stands still until a test moves it on. `soon` is no matter of time, so it is as ever. */
export class HeldClock implements Clock {
  #nowMs = Date.now()
  #timers = new Set<Timer>()

  /** How many wait for their time. */
  get waiting (): number { return this.#timers.size }

  now = (): number => this.#nowMs

  elapsed = (): number => this.#nowMs

  after = (ms: number, fn: () => void): (() => void) => {
    const timer = { dueMs: this.#nowMs + ms, fn }
    this.#timers.add(timer)
    return () => { this.#timers.delete(timer) }
  }

  soon = (fn: () => void): void => { setImmediate(fn) }

  /** Every timer that falls due on the way is called at its own time, also those that others set. */
  advance (ms: number): void {
    const until = this.#nowMs + ms
    for (let next = this.#first(until); next !== undefined; next = this.#first(until)) {
      this.#timers.delete(next)
      this.#nowMs = next.dueMs
      next.fn()
    }
    this.#nowMs = until
  }

  #first (until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.dueMs <= until && timer.dueMs < (first?.dueMs ?? Infinity)) first = timer
    return first
  }
}
