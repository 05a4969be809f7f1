import { readFileSync, writeFileSync } from 'node:fs'
import type { Event, Happening } from './event.ts'

/** Everything that happened in one run, in the order in which it was seen. */
export class History {
  readonly events: Event[] = []
  readonly #now: () => number

  constructor (now: () => number) { this.#now = now }

  /** Returns the event's number. */
  record (happening: Happening): number {
    return this.events.push({ at: this.#now(), ...happening }) - 1
  }

  /** As JSON lines. */
  save (path: string): void { writeFileSync(path, this.events.map((event) => JSON.stringify(event) + '\n').join('')) }
}

export function readHistory (path: string): Event[] {
  return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event)
}
