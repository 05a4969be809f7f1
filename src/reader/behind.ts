import type { GapReason } from '../log/log.ts'
import type { Place } from '../protocol/cursor.ts'
import type { Deliverable } from '../session/context.ts'
import type { Session } from '../session/session.ts'
import type { PartitionReader } from './partition.ts'
import { UNKNOWN_EPOCH, type Waiter, type Witness } from './waiter.ts'

/** One session on its way to where the tail of one partition stands. */
export class Behind implements Waiter {
  readonly device: string
  readonly hash: number
  readonly partition: PartitionReader
  from: number
  witness: Witness | undefined
  /** The time of what it had last: where offsets do not say where to go on, this does. */
  readonly cursorMs: number
  #begun = false
  readonly #session: Session
  readonly #on: BehindSink

  constructor (session: Session, hash: number, partition: PartitionReader, cursorMs: number, on: BehindSink) {
    this.#session = session
    this.device = session.device
    this.hash = hash
    this.partition = partition
    this.from = partition.next
    this.cursorMs = cursorMs
    this.#on = on
  }

  /** It has been looked up where it begins. */
  begin (from: number, witness?: Witness): void {
    this.#begun = true
    this.from = from
    this.witness = witness
    this.partition.join(this)
  }

  /** Everything before it was sent. Where it has moved, what stands there is not looked at, so it is a place without a witness. */
  get place (): Place | undefined {
    if (!this.#begun) return undefined
    if (this.witness !== undefined) return { partition: this.partition.partition, offset: this.from, ...this.witness } // it was not compared yet
    const { offset, batchMs } = this.partition.reached(this)
    return { partition: this.partition.partition, offset, batchMs: Math.max(batchMs, this.cursorMs), epoch: UNKNOWN_EPOCH }
  }

  leave (): void { if (this.#begun) this.partition.leave(this) }

  get isFull (): boolean { return this.#session.isFull }
  take (delivery: Deliverable): void { this.#session.downlink.deliver(delivery, this.partition.partition) }
  drained (fn: () => void): void { this.#session.drained(() => { if (!this.#session.closing) fn() }) }
  live (): void { this.#on.live(this) }
  lost (reason: GapReason): void {
    if (reason === 'truncated') this.#begun = false // it has no place until it is looked up where it goes on
    this.#on.lost(this, reason)
  }

  undecodable (): void { this.#session.downlink.gap('undecodable') }
}

export interface BehindSink {
  live: (behind: Behind) => void
  lost: (behind: Behind, reason: GapReason) => void
}
