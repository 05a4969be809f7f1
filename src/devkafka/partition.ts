import { ErrorCode } from '../wire/errors.ts'
import type { BatchHeader } from './batch.ts'
import { readHeader, stamp } from './batch.ts'
import type { Log } from './log.ts'
import { isAbort, marker } from './marker.ts'
import type { Aborted } from './open-transactions.ts'
import { OpenTransactions } from './open-transactions.ts'
import { Producers } from './producers.ts'
import type { TimedRecord } from './record-times.ts'
import { firstSince } from './record-times.ts'

export interface Appended { readonly error: number, readonly base: number }

/** A partition: its log, what it knows of its producers and their transactions, and who waits for more. */
export class Partition {
  readonly #log: Log
  readonly #producers = new Producers()
  readonly #transactions = new OpenTransactions()
  readonly #waiting = new Set<() => void>()
  #deleted = false

  /** `open` shows each batch that the log holds already. */
  constructor (open: (note: (batch: Buffer, header: BatchHeader) => void) => Log) {
    this.#log = open((batch, header) => this.#note(batch, header))
  }

  get start (): number { return this.#log.start }
  /** The next offset, which is the high watermark too: there is no other replica. */
  get end (): number { return this.#log.end }
  get lastStable (): number { return this.#transactions.lastStable(this.end) }
  get bytes (): number { return this.#log.bytes }
  get deleted (): boolean { return this.#deleted }

  /** Takes a producer's batch whose form is sound. */
  append (records: Buffer): Appended {
    const { error, repeatOf } = this.#producers.check(readHeader(records))
    if (error !== ErrorCode.NONE) return { error, base: -1 }
    return { error, base: repeatOf ?? this.#write(Buffer.from(records)) }
  }

  /** Ends a producer's transaction here. */
  mark (producerId: number, producerEpoch: number, commit: boolean): void {
    this.#write(marker(producerId, producerEpoch, commit, Date.now()))
  }

  /** Aborts what a broker that is gone left open. */
  abortOpen (): number {
    const open = this.#transactions.open
    for (const { producerId, producerEpoch } of open) this.mark(producerId, producerEpoch, false)
    return open.length
  }

  bytesBetween (offset: number, bound: number): number { return this.#log.bytesBetween(offset, bound) }

  read (offset: number, bound: number, maxBytes: number, evenIfLarger: boolean): Buffer {
    return this.#log.read(offset, bound, maxBytes, evenIfLarger)
  }

  abortedBetween (offset: number, bound: number): Aborted[] { return this.#transactions.abortedBetween(offset, bound) }

  /** The first record that is as late as this. */
  findTime (timestamp: number): TimedRecord | undefined {
    let offset = this.start
    for (let batch = this.#log.findTime(offset, timestamp); batch !== undefined; batch = this.#log.findTime(offset, timestamp)) {
      const record = firstSince(batch, timestamp, offset)
      if (record !== undefined) return record
      offset = readHeader(batch).next
    }
    return undefined
  }

  trim (start: number): void {
    this.#log.trim(start)
    this.#transactions.forget(start)
  }

  /** Calls back at every append, and when the partition is deleted, until the returned function is called. */
  watch (changed: () => void): () => void {
    this.#waiting.add(changed)
    return () => { this.#waiting.delete(changed) }
  }

  close (): void { this.#log.close() }

  delete (): void {
    this.#deleted = true
    this.#log.remove()
    this.#wake()
  }

  #write (batch: Buffer): number {
    const base = this.end
    stamp(batch, base)
    const header = readHeader(batch)
    this.#log.append(batch, header)
    this.#note(batch, header)
    this.#transactions.forget(this.start)
    this.#wake()
    return base
  }

  #note (batch: Buffer, header: BatchHeader): void {
    this.#producers.note(header)
    this.#transactions.note(header, header.control && isAbort(batch))
  }

  #wake (): void { for (const changed of this.#waiting) changed() }
}
