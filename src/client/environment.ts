/** What the client takes from the world around it, given so that tests can hold it still. */
export interface Environment {
  /** Milliseconds since 1970. */
  now: () => number
  /** Calls `fn` once after `ms` milliseconds; the result cancels it. */
  after: (ms: number, fn: () => void) => () => void
  random: () => number
  fetch: (url: URL, init: { headers: Record<string, string>, cache: 'no-store', signal: AbortSignal }) => Promise<Answer>
}

export interface Answer { status: number, json: () => Promise<unknown> }

export const world: Environment = {
  now: () => Date.now(),
  after (ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
  fetch: (url, init) => fetch(url, init)
}
