import type { Clock } from '../clock.ts'
import type { Session } from './session.ts'

const SLOTS = 32

/** Calls each session once every `heartbeatMs`, a share of them at a time, with one timer for all. */
export class Heartbeat {
  #clock: Clock
  #slotMs: number
  #slots = Array.from({ length: SLOTS }, () => new Set<Session>())
  #at = 0
  #next = 0
  #cancel: (() => void) | undefined

  constructor (clock: Clock, heartbeatMs: number) {
    this.#clock = clock
    this.#slotMs = heartbeatMs / SLOTS
  }

  start (): void {
    this.#cancel = this.#clock.after(this.#slotMs, () => {
      this.start()
      this.#at = (this.#at + 1) % SLOTS
      for (const session of this.#slots[this.#at] as Set<Session>) session.beat()
    })
  }

  stop (): void { this.#cancel?.() }

  /** The result takes the session off again. */
  add (session: Session): () => void {
    this.#next = (this.#next + 1) % SLOTS
    const slot = this.#slots[this.#next] as Set<Session>
    slot.add(session)
    return () => { slot.delete(session) }
  }
}
