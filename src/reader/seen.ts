import { murmur2 } from '../wire/murmur2.ts'
import type { RecordView } from '../wire/record-view.ts'
import { LastOffsets } from './last-offsets.ts'
import { MAX_KEY_BYTES } from './waiters.ts'
import { UNKNOWN_EPOCH, type Waiter, type Witness } from './waiter.ts'

/** What a tail has seen of its partition: enough to tell who has all, without a read. */
export class Seen {
  /** The batch before where the tail stands. */
  witness: Witness
  readonly #lastOffsets: LastOffsets
  /** The time of what stood where the tail began. */
  readonly #firstMs: number
  /** The epochs of leaders, and the first offset that was seen of each. */
  readonly #epochs: Array<{ from: number, epoch: number }> = []
  /** Behind the last records that could not be decoded: whose they are is not known, so the index cannot speak for them. */
  #decodableFrom = 0

  /** @param nowMs stands for the time of what stood before `from` where there is no witness */
  constructor (from: number, witness: Witness | undefined, nowMs: number) {
    this.#lastOffsets = new LastOffsets(from)
    this.witness = witness ?? { batchMs: nowMs, epoch: UNKNOWN_EPOCH }
    this.#firstMs = this.witness.batchMs
    if (witness !== undefined) this.#epochs.push({ from: from - 1, epoch: witness.epoch })
  }

  batch (base: number, batchMs: number, epoch: number): void {
    this.witness = { batchMs, epoch }
    if (this.#epochs.at(-1)?.epoch !== epoch) this.#epochs.push({ from: base, epoch })
  }

  record ({ buffer, keyAt, keyLength, offset }: RecordView): void {
    if (keyLength > 0 && keyLength <= MAX_KEY_BYTES) this.#lastOffsets.note(murmur2(buffer, keyAt, keyAt + keyLength), offset)
  }

  /** Records up to `last` could not be decoded. */
  undecodable (last: number): void { this.#decodableFrom = last + 1 }

  /** Whether nothing waits for it before `next`, where the tail stands, and what it noted is so. */
  hasAll ({ from, witness, hash }: Waiter, next: number): boolean {
    if (from === next) return isSame(witness, this.witness)
    return from < next && from >= Math.max(this.#lastOffsets.since, this.#decodableFrom) && this.#lastOffsets.last(hash) < from && this.#isPlausible(from, witness)
  }

  /** Whether what stood before `from` can be told without reading it again: the epoch is right, and the time no older than the tail's beginning. */
  #isPlausible (from: number, witness: Witness | undefined): boolean {
    if (witness === undefined || witness.epoch === UNKNOWN_EPOCH) return true
    const epoch = this.#epochs.findLast((one) => one.from < from)?.epoch
    return epoch === witness.epoch && witness.batchMs >= this.#firstMs
  }
}

function isSame (a: Witness | undefined, b: Witness): boolean {
  return a === undefined || a.epoch === UNKNOWN_EPOCH || b.epoch === UNKNOWN_EPOCH || (a.epoch === b.epoch && a.batchMs === b.batchMs)
}
