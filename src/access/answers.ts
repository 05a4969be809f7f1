import type { Clock } from '../clock.ts'
import type { Answer } from './callback-answer.ts'

/** As many as a process may have descriptors for. */
const MAX_ANSWERS = 20_000

/** The callback's answers of late, by what was asked. Which was wanted least lately is forgotten first. */
export class Answers {
  readonly #clock: Clock
  readonly #freshMs: number
  readonly #max: number
  readonly #kept = new Map<string, { answer: Answer, atMs: number }>()

  constructor (clock: Clock, freshMs: number, max = MAX_ANSWERS) {
    this.#clock = clock
    this.#freshMs = freshMs
    this.#max = max
  }

  add (key: string, answer: Answer): void {
    this.#kept.delete(key)
    this.#kept.set(key, { answer, atMs: this.#clock.elapsed() })
    if (this.#kept.size > this.#max) this.#kept.delete(this.#kept.keys().next().value as string)
  }

  delete (key: string): void { this.#kept.delete(key) }

  /** The answer, if it need not be asked for again. */
  fresh (key: string): Answer | undefined {
    const kept = this.#kept.get(key)
    return kept !== undefined && this.#clock.elapsed() - kept.atMs < this.#freshMs ? this.last(key) : undefined
  }

  /** The answer, however old, unless what it allowed has ended. */
  last (key: string): Answer | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#kept.delete(key)
    if (kept.answer.expiresMs !== undefined && kept.answer.expiresMs <= this.#clock.now()) return undefined
    this.#kept.set(key, kept)
    return kept.answer
  }
}
