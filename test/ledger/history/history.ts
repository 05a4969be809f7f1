import { readFileSync, writeFileSync } from 'node:fs'
import type { Event, Happening } from './event.ts'

/** Everything that happened in one run, in the order in which it was seen. */
export class History {
  readonly events: Event[] = []
  readonly #now: () => number
  #isOver = false

  constructor (now: () => number) { this.#now = now }

  /**
   * Returns the event's number. Behind the end the topics are read, and only what they hold is written down: a frame that was
   * still on its way may be stored, and told of, after its partition was read.
   */
  record (happening: Happening): number {
    if (this.#isOver && happening.type !== 'stored') return -1
    this.#isOver ||= happening.type === 'ended'
    return this.events.push({ at: this.#now(), ...happening }) - 1
  }

  /** As JSON lines. */
  save (path: string): void { writeFileSync(path, this.events.map((event) => JSON.stringify(event) + '\n').join('')) }
}

export function readHistory (path: string): Event[] {
  return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event)
}
