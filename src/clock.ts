import { setMaxListeners } from 'node:events'

/** Time, given to everything that needs it, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now: () => number
  /** Milliseconds since some moment, for durations: it goes on evenly when the wall clock is set. */
  elapsed: () => number
  /** Calls `fn` once after `ms` milliseconds; the result cancels it. */
  after: (ms: number, fn: () => void) => () => void
  /** Calls `fn` once when what is being handled now has been handled. */
  soon: (fn: () => void) => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after (ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  soon: (fn) => { setImmediate(fn) }
}

/** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
export function pause (clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  setMaxListeners(0, signal) // as many as wait at once, and none stays behind: a partition each, say
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal.addEventListener('abort', done)
  })
}
