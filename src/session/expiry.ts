import type { Clock } from '../clock.ts'
import type { Session } from './session.ts'

const STEP_MS = 1_000

/** Closes each session when its credentials expire, within a second, with one timer for all. */
export class Expiry {
  readonly #clock: Clock
  /** By the second in which they are due: as many as differ, few where tokens live for an hour. */
  readonly #due = new Map<number, Set<Session>>()
  #cancel: (() => void) | undefined

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Looks at the turn of each second by the wall clock, for that is what tokens go by. */
  start (): void {
    this.#cancel = this.#clock.after(STEP_MS - this.#clock.now() % STEP_MS, () => {
      this.start()
      this.#close()
    })
  }

  stop (): void { this.#cancel?.() }

  /** Only one whose credentials expire is kept. */
  add (session: Session): void {
    const at = secondOf(session)
    if (at === undefined) return
    const sessions = this.#due.get(at)
    if (sessions === undefined) this.#due.set(at, new Set([session]))
    else sessions.add(session)
  }

  /** While its credentials are those that it was added with. */
  remove (session: Session): void {
    const at = secondOf(session)
    if (at === undefined) return
    const sessions = this.#due.get(at)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#due.delete(at)
  }

  #close (): void {
    const now = this.#clock.now() / STEP_MS
    for (const [at, sessions] of this.#due) {
      if (at > now) continue
      this.#due.delete(at)
      for (const session of sessions) session.close('expired')
    }
  }
}

function secondOf ({ grants: { identity: { expiresMs } } }: Session): number | undefined {
  return expiresMs === undefined ? undefined : Math.ceil(expiresMs / STEP_MS)
}
