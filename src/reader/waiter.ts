import type { GapReason } from '../log/log.ts'
import type { Deliverable } from '../session/context.ts'

/** Who waits for a partition's records from an offset on, until it stands where the tail stands. */
export interface Waiter {
  readonly device: string
  /** murmur2 of the device id. */
  readonly hash: number
  /** The next offset that it wants. */
  from: number
  /** What stood before `from` when that was noted; undefined when it need not, or cannot, be compared any more. */
  witness: Witness | undefined
  /** More waits for its socket than should, so it can be given no more now. */
  readonly isFull: boolean
  take: (delivery: Deliverable) => void
  /** Calls `fn` once when what waits for its socket is gone. */
  drained: (fn: () => void) => void
  /** It stands where the tail stands. */
  live: () => void
  /** Records between `from` and where it goes on are gone. With `retention` it goes on where the partition begins; else it has left, and joins anew. */
  lost: (reason: GapReason) => void
  undecodable: () => void
}

/** A batch, told from another by its latest time and its leader's epoch. */
export interface Witness { readonly batchMs: number, readonly epoch: number }

export const UNKNOWN_EPOCH = -1
