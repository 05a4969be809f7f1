import type { Clock } from '../../clock.ts'

/** Longer than a long poll. An answer that takes longer may never come: its broker may no longer be a member of the cluster. */
const LATE_MS = 1_000
const LOOK_EVERY_MS = 500

/** The answers that are awaited, and a look at whether one of them is late. */
export class Awaited {
  #clock: Clock
  /** Called at each look that finds one late; the next look comes when it has ended. */
  #onLate: () => Promise<void>
  #sent = new Set<{ readonly atMs: number }>()
  #cancelLook: (() => void) | undefined
  #closed = false

  constructor (clock: Clock, onLate: () => Promise<void>) {
    this.#clock = clock
    this.#onLate = onLate
  }

  /** A request was sent; returns what to call when it has its answer, or never will. */
  sent (): () => void {
    const one = { atMs: this.#clock.elapsed() }
    this.#sent.add(one)
    this.#lookSoon()
    return () => this.#sent.delete(one)
  }

  close (): void {
    this.#closed = true
    this.#cancelLook?.()
  }

  #lookSoon (): void {
    if (this.#closed) return
    this.#cancelLook ??= this.#clock.after(LOOK_EVERY_MS, () => {
      const beforeMs = this.#clock.elapsed() - LATE_MS
      const isLate = [...this.#sent].some(({ atMs }) => atMs <= beforeMs)
      void (isLate ? this.#onLate().catch(() => {}) : Promise.resolve()).then(() => {
        this.#cancelLook = undefined
        if (this.#sent.size > 0) this.#lookSoon()
      })
    })
  }
}
