import type { Clock } from '../../clock.ts'

/**
 * Asks one after the other until one answers: the next when the former failed, or has not answered for `patienceMs`. Those
 * that were asked may still answer. Rejects as the last that failed when all have.
 */
export function firstAnswer<T> (clock: Clock, patienceMs: number, asks: ReadonlyArray<() => Promise<T>>): Promise<T> {
  return new Promise((resolve, reject) => {
    let asked = 0
    let failed = 0
    let cancel = (): void => {}
    const next = (): void => {
      cancel()
      const ask = asks[asked]
      if (ask === undefined) return
      asked++
      cancel = clock.after(patienceMs, next)
      ask().then((answer) => {
        cancel()
        asked = asks.length
        resolve(answer)
      }, (error: unknown) => {
        failed++
        if (failed < asks.length) return next()
        cancel()
        reject(error)
      })
    }
    next()
  })
}
