import { BASE_TIMESTAMP, BATCH_HEADER_BYTES, readInt64 } from '../../wire/batch.ts'
import { BatchWriter, type Producer } from '../../wire/batch-writer.ts'
import type { EncodedHeaders } from '../../wire/header-block.ts'
import { RecordView, walkRecords } from '../../wire/record-view.ts'
import type { Failure, Waiter } from '../log.ts'

/**
 * Records of one partition that travel together, and who waits for each. A batch is open until it is first sealed; what was
 * sealed is frozen: Kafka takes the very same bytes again after any failure, but never others under their sequence.
 */
export class Batch {
  readonly #writer = new BatchWriter()
  #ids: number[] = []
  /** Runs of records of one waiter: who, and where in `#ids` the run ends. */
  #waiters: Waiter[] = []
  #runEnds: number[] = []
  #sealed: Buffer | undefined
  /** Nothing more is appended to it. */
  closed = false
  /** When its first record came, by `Clock.elapsed`. */
  sinceMs = 0
  /** It was sent, and what became of it is not known: Kafka may have it. */
  doubtful = false
  /** Kafka has refused its records already; they are told so when it is their turn. */
  failure: Failure | undefined

  get count (): number { return this.#ids.length }
  get bytes (): number { return this.#writer.bytes }
  get isSealed (): boolean { return this.#sealed !== undefined }
  get sealed (): Buffer { return this.#sealed as Buffer }

  append (timeMs: number, key: Buffer, source: Buffer, from: number, to: number, headers: EncodedHeaders, waiter: Waiter, id: number): void {
    this.#writer.append(timeMs, key, source, from, to, headers)
    this.#ids.push(id)
    const last = this.#waiters.length - 1
    if (this.#waiters[last] === waiter) this.#runEnds[last] = this.#ids.length
    else {
      this.#waiters.push(waiter)
      this.#runEnds.push(this.#ids.length)
    }
  }

  seal (producer: Producer, sequence: number): void {
    this.closed = true
    this.#sealed = this.#writer.seal(producer, sequence)
  }

  /** Its producer and sequence are no longer good; it is sealed anew before it is sent again. */
  unseal (): void { this.#sealed = undefined }

  /** Hands on each record as it stands in the sealed bytes. The view is valid during the call only. */
  walk (sink: (record: RecordView, waiter: Waiter, id: number) => void): void {
    let at = 0
    let run = 0
    walkRecords(new RecordView(), this.sealed, BATCH_HEADER_BYTES, this.sealed.length, this.count, 0, readInt64(this.sealed, BASE_TIMESTAMP), 0, (record) => {
      if (at === this.#runEnds[run]) run++
      sink(record, this.#waiters[run] as Waiter, this.#ids[at++] as number)
    })
  }

  /** `baseOffset` -1: Kafka recognised a repeat and no longer knows where it stands. */
  stored (partition: number, baseOffset: number): void {
    let from = 0
    for (let run = 0; run < this.#waiters.length; run++) {
      const to = this.#runEnds[run] as number
      const offset = baseOffset < 0 ? -1 : baseOffset + to - 1
      ;(this.#waiters[run] as Waiter).stored(this.#ids[to - 1] as number, to - from, partition, offset)
      from = to
    }
  }

  failed (failure: Failure): void {
    let at = 0
    for (let run = 0; run < this.#waiters.length; run++) {
      const waiter = this.#waiters[run] as Waiter
      for (const to = this.#runEnds[run] as number; at < to; at++) waiter.failed(this.#ids[at] as number, failure)
    }
  }

  clear (): void {
    this.#writer.clear()
    this.#ids = []
    this.#waiters = []
    this.#runEnds = []
    this.#sealed = undefined
    this.closed = false
    this.doubtful = false
    this.failure = undefined
  }
}
