import { BatchWriter, type Producer } from '../../wire/batch-writer.ts'
import type { HeaderBlock } from '../../wire/header-block.ts'
import type { Failure, Waiter } from '../log.ts'

/**
 * Records of one partition that travel together, and who waits for each. A batch is open until it is first sealed; from
 * then on it is frozen: Kafka takes the very same bytes again after any failure, but never others under their sequence.
 */
export class Batch {
  readonly #writer = new BatchWriter()
  #ids: number[] = []
  /** Runs of records of one waiter: who, and where in `#ids` the run ends. */
  #waiters: Waiter[] = []
  #runEnds: number[] = []
  #sealed: Buffer | undefined
  /** When its first record came. */
  sinceMs = 0
  /** It was sent, and what became of it is not known: Kafka may have it. */
  doubtful = false

  get count (): number { return this.#ids.length }
  get bytes (): number { return this.#writer.bytes }
  get frozen (): boolean { return this.#sealed !== undefined }
  get sealed (): Buffer { return this.#sealed as Buffer }

  append (nowMs: number, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number): void {
    if (this.#ids.length === 0) this.sinceMs = nowMs
    this.#writer.append(nowMs, key, source, from, to, headers)
    this.#ids.push(id)
    const last = this.#waiters.length - 1
    if (this.#waiters[last] === waiter) this.#runEnds[last] = this.#ids.length
    else {
      this.#waiters.push(waiter)
      this.#runEnds.push(this.#ids.length)
    }
  }

  /** Freezes it; again only in a new epoch, after Kafka refused the old one. */
  seal (producer: Producer, sequence: number): void {
    this.#sealed = this.#writer.seal(producer, sequence)
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
    this.doubtful = false
  }
}
