import { Counts } from '../counts.ts'
import type { Written } from './record.ts'

/** What is known of a name: how far its device has received, by which claim's word, and when that was written. */
export interface Position {
  readonly cursor: string | undefined
  readonly claim: string
  readonly partitions: number
  readonly at: number
  readonly n: number
  readonly timeMs: number
}

/**
 * The last position of each key. Every instance applies the records of a key in the order of the one partition in which they
 * lie, so all come to the same: a claim takes the name from whoever held it, and a move counts only if its claim stands no
 * earlier in the log than the one that holds the name. What an older holder wrote late therefore changes nothing.
 */
export class Table {
  /** The one that was written longest ago comes first. */
  readonly #positions = new Map<string, Position>()
  readonly #names = new Counts()

  get size (): number { return this.#positions.size }
  get (key: string): Position | undefined { return this.#positions.get(key) }
  entries (): IterableIterator<[key: string, position: Position]> { return this.#positions.entries() }
  /** How many names a device has. */
  namesOf (device: string): number { return this.#names.of(device) }

  delete (key: string): void {
    if (this.#positions.delete(key)) this.#names.remove(deviceOf(key))
  }

  clear (): void {
    this.#positions.clear()
    this.#names.clear()
  }

  /** Returns false where the record is older than what is known. */
  apply (key: string, written: Written, offset: number, timeMs: number): boolean {
    const known = this.#positions.get(key)
    if (known !== undefined && isOlder(written, known)) return false
    const { claim, partitions, at = offset, n = 0 } = written
    // The claimer may not have read the last word of the holder before it; who reads in order has.
    const cursor = written.at === undefined ? known?.cursor ?? written.cursor : written.cursor
    if (!this.#positions.delete(key)) this.#names.add(deviceOf(key))
    this.#positions.set(key, { cursor, claim, partitions, at, n, timeMs })
    return true
  }
}

export function deviceOf (key: string): string { return key.slice(0, key.indexOf('/')) }

function isOlder ({ partitions, at, n = 0 }: Written, known: Position): boolean {
  if (partitions !== known.partitions) return partitions < known.partitions
  if (at === undefined) return false // a claim stands behind everything that was read before it
  return at === known.at ? n < known.n : at < known.at
}
