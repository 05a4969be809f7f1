import { ErrorCode } from '../wire/errors.ts'
import type { BatchHeader } from './batch.ts'

/** Kafka remembers as many batches as an idempotent producer may have in flight. */
const REMEMBERED = 5
const SEQUENCES = 2 ** 31

interface Remembered { readonly first: number, readonly last: number, readonly base: number }
interface Producer { epoch: number, batches: Remembered[] }

/** What an append is found to be: new, a repeat of one that lies at `base`, or wrong. */
export interface Verdict { readonly error: number, readonly repeatOf?: number }

/** The idempotent producers of one partition: their epoch and their last batches. */
export class Producers {
  readonly #producers = new Map<number, Producer>()

  check ({ producerId, producerEpoch, baseSequence, count }: BatchHeader): Verdict {
    const known = this.#producers.get(producerId)
    if (producerId < 0 || known === undefined) return { error: ErrorCode.NONE }
    if (producerEpoch < known.epoch) return { error: ErrorCode.INVALID_PRODUCER_EPOCH }
    if (producerEpoch > known.epoch) return { error: baseSequence === 0 ? ErrorCode.NONE : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER }
    const last = lastSequence(baseSequence, count)
    const repeat = known.batches.find((batch) => batch.first === baseSequence && batch.last === last)
    if (repeat !== undefined) return { error: ErrorCode.NONE, repeatOf: repeat.base }
    const expected = ((known.batches.at(-1)?.last ?? -1) + 1) % SEQUENCES
    return { error: baseSequence === expected ? ErrorCode.NONE : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER }
  }

  /** Takes note of a batch that is in the log now. A marker carries an epoch and no sequence. */
  note ({ producerId, producerEpoch, baseSequence, count, base, control }: BatchHeader): void {
    if (producerId < 0) return
    const known = this.#producers.get(producerId)
    const batches = known?.epoch === producerEpoch ? known.batches : []
    if (!control) batches.push({ first: baseSequence, last: lastSequence(baseSequence, count), base })
    this.#producers.set(producerId, { epoch: producerEpoch, batches: batches.slice(-REMEMBERED) })
  }
}

function lastSequence (first: number, count: number): number {
  return (first + count - 1) % SEQUENCES
}
