import type { BatchHeader } from './batch.ts'
import { firstIndex } from './search.ts'
import type { Store } from './store.ts'

/** Where a batch lies. */
export interface Place { readonly base: number, readonly next: number, readonly at: number, readonly bytes: number, readonly maxTimestamp: number }

/** A run of batches that is kept, and dropped, as one. */
export class Segment {
  readonly base: number
  readonly #store: Store
  readonly #places: Place[] = []
  bytes = 0

  constructor (base: number, store: Store) {
    this.base = base
    this.#store = store
  }

  get next (): number { return this.#places.at(-1)?.next ?? this.base }

  append (batch: Buffer, header: BatchHeader): void {
    this.#store.append(batch, this.bytes)
    this.place(header, batch.length)
  }

  /** Takes note of a batch that lies in the store already. */
  place ({ base, next, maxTimestamp }: BatchHeader, bytes: number): void {
    this.#places.push({ base, next, at: this.bytes, bytes, maxTimestamp })
    this.bytes += bytes
  }

  /** The first batch that has an offset from this one on. */
  find (offset: number): Place | undefined {
    return this.#places[firstIndex(this.#places, (place) => place.next > offset)]
  }

  /** The first batch from this offset on that holds a time as late as this. */
  findTime (offset: number, timestamp: number): Place | undefined {
    return this.#places.find((place) => place.next > offset && place.maxTimestamp >= timestamp)
  }

  /** Bytes from the batch with this offset up to the batch with that one, or the end. */
  bytesBetween (offset: number, bound: number): number {
    return (this.find(bound)?.at ?? this.bytes) - (this.find(offset)?.at ?? this.bytes)
  }

  read (at: number, bytes: number): Buffer { return this.#store.read(at, bytes) }
  batches (): Buffer[] { return this.#places.map(({ at, bytes }) => this.read(at, bytes)) }
  close (): void { this.#store.close() }
  remove (): void { this.#store.remove() }
}
