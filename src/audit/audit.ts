import pino from 'pino'
import type { Clock } from '../clock.ts'

/** What is written down, and when. docs/security.md shows the same table. */
export const acts = {
  connected: 'A socket was let in.',
  disconnected: 'A socket has ended.',
  refused: 'A caller was not let in, or may not do what it asked over HTTP.',
  denied: 'A socket asked for what its credentials do not allow; once for each verb and socket.',
  refreshed: 'A socket showed new credentials; with a code where they were not taken.',
  ticket: 'A caller got a ticket for a device.',
  sent: 'A caller sent a device a message over HTTP; what it says is not told.',
  revoked: 'An operator took a token, a key or a device its access.',
  lifted: 'An operator gave it back.',
  kicked: 'An operator closed the sockets of a device.',
  quota: 'An operator changed what the devices of a class may send.'
} as const

export type Act = keyof typeof acts

/** Never a token, a key, a ticket or a payload. */
export interface Facts {
  /** Who: as the credentials say, and by what. */
  readonly subject?: string | undefined
  readonly by?: string | undefined
  readonly roles?: readonly string[] | undefined
  readonly device?: string | undefined
  readonly address?: string | undefined
  readonly origin?: string | undefined
  /** The code of the refusal or the close. */
  readonly code?: string | undefined
  readonly [more: string]: unknown
}

/** Takes one line of JSON with its newline. */
export type Sink = (line: string) => void

/** So many lines a second, and as many at once: who is refused at line rate must not fill a disk. What operators do is always written. */
const LINES_PER_S = 500
const OF_OPERATORS: ReadonlySet<Act> = new Set(['revoked', 'lifted', 'kicked', 'quota'])
/** JSON takes these as they are, and a terminal does what they say. */
const UNREADABLE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const MS = 1000
/** What a caller says of itself is cut to so many characters. */
const MAX_TEXT = 256

/** The audit log: JSON lines of its own, beside the log of the program. */
export class Audit {
  readonly #clock: Clock
  readonly #logger: pino.Logger
  #room = LINES_PER_S
  #atMs: number
  #suppressed = 0
  /** Lines that were not written, since the start. */
  lost = 0

  constructor (clock: Clock, sinks: readonly Sink[]) {
    this.#clock = clock
    this.#atMs = clock.elapsed()
    const write: Sink = (line) => {
      const readable = line.replace(UNREADABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
      for (const sink of sinks) sink(readable)
    }
    this.#logger = pino({ base: null, timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`, formatters: { level: () => ({ log: 'audit' }) } }, { write })
  }

  /** Lines over the bound are not written; the next one that is says how many. */
  write (act: Act, facts: Facts): void {
    const now = this.#clock.elapsed()
    this.#room = Math.min(LINES_PER_S, this.#room + (now - this.#atMs) * LINES_PER_S / MS)
    this.#atMs = now
    if (this.#room < 1 && !OF_OPERATORS.has(act)) {
      this.#suppressed += 1
      this.lost += 1
      return
    }
    this.#room = Math.max(0, this.#room - 1)
    const line = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value]))
    this.#logger.info(this.#suppressed === 0 ? { act, ...line } : { act, ...line, suppressed: this.#suppressed })
    this.#suppressed = 0
  }
}
