import type { Clock } from '../clock.ts'

/** What wants to be told when all that is being handled now has been handled. */
export interface Flushable { flush: () => void }

/** Gathers what is to be written, so that one socket gets one write for all that one turn of the event loop brought it. */
export class Turn {
  #clock: Clock
  #waiting: Flushable[] = []

  constructor (clock: Clock) {
    this.#clock = clock
  }

  add (one: Flushable): void {
    if (this.#waiting.push(one) === 1) this.#clock.soon(() => this.#flush())
  }

  #flush (): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) one.flush()
  }
}
