import { BatchWriter } from '../../wire/batch-writer.ts'
import type { HeaderBlock } from '../../wire/header-block.ts'
import type { Failure, Waiter } from '../log.ts'
import { Batch } from './batch.ts'

const MAX_SEQUENCE = 0x7fff_ffff
const MAX_EPOCH = 0x7fff
const SPARES = 2

/**
 * What waits for one partition, in order: the head is under way or frozen, the last is open. At most one batch of a
 * partition is ever under way, so that no retry can overtake.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** The head is with Kafka, and no answer has come yet. */
  underWay = false
  /** The head failed a moment ago and is not tried again yet. */
  backingOff = false
  /** Kafka's last word on why the head is not stored, while it is tried again. */
  trouble = ''
  #maxBatchBytes: number
  #batches: Batch[] = []
  #spares: Batch[] = []
  #producerId: bigint
  #epoch: number
  #sequence = 0

  constructor (topic: string, partition: number, maxBatchBytes: number, producer: { id: bigint, epoch: number }) {
    this.topic = topic
    this.partition = partition
    this.#maxBatchBytes = maxBatchBytes
    this.#producerId = producer.id
    this.#epoch = producer.epoch
  }

  get head (): Batch | undefined { return this.#batches[0] }

  /** Appends to the open batch, or to a new one if that is frozen or full. Returns the bytes that it took. */
  append (nowMs: number, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number): number {
    let open = this.#batches.at(-1)
    const needed = BatchWriter.recordBytes(key, to - from, headers)
    if (open === undefined || open.frozen || open.bytes + needed > this.#maxBatchBytes) {
      open = this.#spares.pop() ?? new Batch()
      this.#batches.push(open)
    }
    const before = open.count === 0 ? 0 : open.bytes
    open.append(nowMs, key, source, from, to, headers, waiter, id)
    return open.bytes - before
  }

  /** The head, frozen and ready to be sent. */
  freezeHead (): Batch {
    const head = this.head as Batch
    if (!head.frozen) head.seal({ id: this.#producerId, epoch: this.#epoch }, this.#sequence)
    return head
  }

  /** The head is in Kafka. Returns the bytes that it held. */
  stored (baseOffset: number): number {
    const head = this.#batches.shift() as Batch
    this.#sequence = (this.#sequence + head.count) % (MAX_SEQUENCE + 1)
    this.trouble = ''
    head.stored(this.partition, baseOffset)
    return this.#giveBack(head)
  }

  /** Kafka has the head not, and said so: its sequence is free for the next. Returns the bytes that it held. */
  refused (failure: Failure): number {
    const head = this.#batches.shift() as Batch
    this.trouble = ''
    // An earlier try may have come through: then Kafka would take the next batch under this sequence for a repeat, and drop it.
    if (head.doubtful) this.raiseEpoch()
    head.failed(head.doubtful ? { code: 'outcome-unknown', reason: failure.reason } : failure)
    return this.#giveBack(head)
  }

  /** Gives up all that waits, in order; later records of a session must not pass earlier ones. Returns the bytes held. */
  abandon (failureOf: (batch: Batch) => Failure): number {
    const given = this.#batches
    this.#batches = []
    this.trouble = ''
    this.backingOff = false
    // An answer may still come for what was sent, so its sequence can be used for nothing else.
    if (given.some((batch) => batch.frozen)) this.raiseEpoch()
    let bytes = 0
    for (const batch of given) {
      batch.failed(failureOf(batch))
      bytes += this.#giveBack(batch)
    }
    return bytes
  }

  /** Kafka has lost, or never had, the state of our sequence here: a raised epoch starts again at 0. */
  raiseEpoch (): void {
    this.#epoch = this.#epoch === MAX_EPOCH ? 0 : this.#epoch + 1
    this.#sequence = 0
    const head = this.head
    if (head?.frozen === true) head.seal({ id: this.#producerId, epoch: this.#epoch }, 0)
  }

  #giveBack (batch: Batch): number {
    const bytes = batch.bytes
    batch.clear()
    if (this.#spares.length < SPARES) this.#spares.push(batch)
    return bytes
  }
}
