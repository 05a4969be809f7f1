/** Lets so many go on at once. The others wait in line, each until its signal is aborted. */
export class AtOnce {
  readonly #max: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor (max: number) {
    this.#max = max
  }

  /** Rejects with the signal's reason where the turn does not come before that is aborted. */
  async run<T> (signal: AbortSignal, fn: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (this.#running < this.#max) this.#running++
    else if (!await this.#turn(signal)) signal.throwIfAborted()
    try {
      return await fn()
    } finally {
      const [next] = this.#waiting
      if (next === undefined) this.#running--
      else next() // it takes this one's place
    }
  }

  /** False: the signal was aborted before. */
  #turn (signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isTurn: boolean) => (): void => {
        this.#waiting.delete(go)
        signal.removeEventListener('abort', stop)
        resolve(isTurn)
      }
      const [go, stop] = [done(true), done(false)]
      this.#waiting.add(go)
      signal.addEventListener('abort', stop)
    })
  }
}
