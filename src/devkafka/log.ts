import type { BatchHeader } from './batch.ts'
import { readHeader } from './batch.ts'
import { compact } from './compaction.ts'
import { firstIndex } from './search.ts'
import { Segment } from './segment.ts'
import type { Store } from './store.ts'

/** What a log may hold is dropped in parts of this size. */
const PARTS = 8
/** A compacted log is cleaned when a segment of this size is full: small, since the cleaning holds up the process. */
const COMPACTED_SEGMENT_BYTES = 1024 * 1024

export interface LogOptions {
  readonly retentionBytes: number
  /** Where a segment's bytes go. */
  readonly store: (base: number) => Store
  /** Puts these bytes in the place of the segment that begins there, at once or not at all. */
  readonly replace: (base: number, bytes: Buffer) => Store
  /** The last record of each key is kept, whatever `retentionBytes` is; a tombstone for so long. Undefined: a log that is not compacted. */
  readonly tombstoneMs: number | undefined
  /** Segments found on the disk, oldest first. */
  readonly found?: Segment[]
  readonly start: number
  /** Told the first offset when records are deleted by request. */
  readonly trimmed?: (start: number) => void
}

/**
 * The batches of one partition, in order. Over `retentionBytes` the oldest segment goes, and the start moves. A compacted log
 * is cleaned instead, all but its newest segment: offsets stay as they are, with holes between them.
 */
export class Log {
  readonly #options: LogOptions
  readonly #segments: Segment[]
  #start: number
  /** Of what the last cleaning left, which is the oldest segment. */
  #cleanBytes = 0

  constructor (options: LogOptions) {
    this.#options = options
    this.#segments = options.found ?? []
    if (this.#segments.length === 0) this.#roll(options.start)
    this.#start = Math.min(Math.max(options.start, this.#oldest.base), this.end)
  }

  get start (): number { return this.#start }
  get end (): number { return this.#active.next }
  get bytes (): number { return this.#segments.reduce((bytes, segment) => bytes + segment.bytes, 0) }

  /** The batch has its offsets already. */
  append (batch: Buffer, header: BatchHeader): void {
    if (this.#active.bytes > 0 && this.#active.bytes + batch.length > this.#segmentBytes) {
      this.#roll(header.base)
      this.#clean()
    }
    this.#active.append(batch, header)
    while (this.#segments.length > 1 && !this.#compacted && this.bytes > this.#options.retentionBytes) this.#dropOldest()
    this.#start = Math.max(this.#start, this.#oldest.base)
  }

  /** Makes this offset the first one; whole segments before it go. */
  trim (start: number): void {
    this.#start = Math.max(this.#start, start)
    this.#options.trimmed?.(this.#start)
    while (this.#segments.length > 1 && this.#oldest.next <= this.#start) this.#dropOldest()
  }

  /** How much there is to read from this offset up to that one. */
  bytesBetween (offset: number, bound: number): number {
    let bytes = 0
    for (const segment of this.#from(offset)) bytes += segment.bytesBetween(offset, bound)
    return bytes
  }

  /**
   * Bytes from the batch that holds `offset` on, up to the batch that begins at `bound`, never beyond the segment. As in Kafka
   * they are cut at `maxBytes`, in the midst of a batch too; only a first batch that is larger comes whole, or with
   * `evenIfLarger` false not at all.
   */
  read (offset: number, bound: number, maxBytes: number, evenIfLarger: boolean): Buffer {
    for (const segment of this.#from(offset)) {
      const first = segment.find(offset)
      if (first === undefined || first.base >= bound) continue
      if (first.bytes > maxBytes && !evenIfLarger) break
      return segment.read(first.at, Math.min(segment.bytesBetween(offset, bound), Math.max(maxBytes, first.bytes)))
    }
    return Buffer.alloc(0)
  }

  /** The first batch from this offset on with a record that is as late as this. */
  findTime (offset: number, timestamp: number): Buffer | undefined {
    for (const segment of this.#segments) {
      const place = segment.findTime(offset, timestamp)
      if (place !== undefined) return segment.read(place.at, place.bytes)
    }
    return undefined
  }

  close (): void { for (const segment of this.#segments) segment.close() }
  remove (): void { for (const segment of this.#segments.splice(0)) segment.remove() }

  get #oldest (): Segment { return this.#segments[0] as Segment }
  get #active (): Segment { return this.#segments.at(-1) as Segment }

  get #compacted (): boolean { return this.#options.tombstoneMs !== undefined }
  get #segmentBytes (): number {
    const part = this.#options.retentionBytes / PARTS
    return this.#compacted ? Math.min(part, COMPACTED_SEGMENT_BYTES) : part
  }

  #from (offset: number): Segment[] {
    return this.#segments.slice(firstIndex(this.#segments, (segment) => segment.next > offset))
  }

  /** As Kafka does by default, when what came since the last cleaning is as much as that left: so each byte is copied a few times at most. */
  #clean (): void {
    const { tombstoneMs, replace } = this.#options
    const closed = this.#segments.slice(0, -1)
    const bytes = this.bytes - this.#active.bytes
    if (tombstoneMs === undefined || bytes < 2 * this.#cleanBytes) return
    const kept = compact(closed.flatMap((segment) => segment.batches()), Date.now() - tombstoneMs)
    const { base } = this.#oldest
    const cleaned = new Segment(base, replace(base, Buffer.concat(kept)))
    for (const batch of kept) cleaned.place(readHeader(batch), batch.length)
    this.#oldest.close() // its bytes are replaced already
    for (const segment of closed.slice(1)) segment.remove()
    this.#segments.splice(0, closed.length, cleaned)
    this.#cleanBytes = cleaned.bytes
  }

  #roll (base: number): void { this.#segments.push(new Segment(base, this.#options.store(base))) }
  #dropOldest (): void { this.#segments.shift()?.remove() }
}
