import type { Clock } from '../clock.ts'

/** Gives those who work in slices one turn of the event loop each, one after the other: whoever else waits for the loop waits for one slice. */
export class Turns {
  readonly #clock: Clock
  #waiting: Array<() => void> = []

  constructor (clock: Clock) {
    this.#clock = clock
  }

  take (): Promise<void> {
    return new Promise((resolve) => { if (this.#waiting.push(resolve) === 1) this.#next() })
  }

  #next (): void {
    this.#clock.soon(() => {
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) this.#next()
    })
  }
}
