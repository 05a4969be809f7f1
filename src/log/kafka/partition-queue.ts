import { BatchWriter, type Producer } from '../../wire/batch-writer.ts'
import type { HeaderBlock } from '../../wire/header-block.ts'
import type { Failure, Waiter } from '../log.ts'
import { Batch } from './batch.ts'
import type { Hold } from './hold.ts'
import { split } from './split.ts'

const MAX_SEQUENCE = 0x7fff_ffff
const MAX_EPOCH = 0x7fff
const SPARES = 2
/** A topic whose bound on a batch was lowered is met by halving ours, but not beyond this. */
const LEAST_BATCH_BYTES = 16 * 1024

/** When a record came: for Kafka, and for measuring how long it waits. */
export interface Moment { readonly timeMs: number, readonly elapsedMs: number }

/**
 * What waits for one partition, in order: the head is under way or frozen, the last is open. At most one batch of a
 * partition is ever under way, so that no retry can overtake.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** The request that carries the head and has no answer yet. */
  request: object | undefined
  /** The head failed a moment ago and is not tried again yet. */
  backingOff = false
  /** Why the head is not stored, while it is tried again. */
  trouble = ''
  /** Its followers are slow to take what its leader has: neighbours must not wait for it. */
  isSlow = false
  /** Its epochs are used up, or Kafka has fenced them: it can go on under a new producer id only. */
  wantsProducer = false
  /** Behind the last record of ours that is known to stand there; -1 while none is. */
  end = -1
  heldBytes = 0
  #hold: Hold
  #maxBatchBytes: number
  #batches: Batch[] = []
  #spares: Batch[] = []
  #producer: Producer
  #sequence = 0

  constructor (topic: string, partition: number, maxBatchBytes: number, producer: Producer, hold: Hold) {
    this.topic = topic
    this.partition = partition
    this.#maxBatchBytes = maxBatchBytes
    this.#producer = producer
    this.#hold = hold
  }

  get head (): Batch | undefined { return this.#batches[0] }

  get isReady (): boolean {
    return this.request === undefined && !this.backingOff && !this.wantsProducer && this.#batches.length > 0
  }

  /** Appends to the open batch, or to a new one if that is closed or full. */
  append (now: Moment, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number): void {
    let open = this.#batches.at(-1)
    const needed = BatchWriter.recordBytes(key, to - from, headers)
    if (open === undefined || open.closed || open.bytes + needed > this.#maxBatchBytes) {
      open = this.#spares.pop() ?? new Batch()
      open.sinceMs = now.elapsedMs
      this.#batches.push(open)
    }
    const before = open.count === 0 ? 0 : open.bytes
    open.append(now.timeMs, key, source, from, to, headers, waiter, id)
    this.#holds(open.bytes - before)
  }

  /** The head, frozen and ready to be sent. */
  freezeHead (): Batch {
    const head = this.head as Batch
    if (!head.isSealed) head.seal(this.#producer, this.#sequence)
    return head
  }

  /** The head failed, and goes again when what it needs for that is known. */
  backOff (trouble: string): void {
    this.trouble = trouble
    this.backingOff = true
  }

  /** The head is in Kafka. */
  stored (baseOffset: number): void {
    const head = this.#batches.shift() as Batch
    this.#sequence = (this.#sequence + head.count) % (MAX_SEQUENCE + 1)
    if (baseOffset >= 0) this.end = baseOffset + head.count
    this.trouble = ''
    head.stored(this.partition, baseOffset)
    this.#drop(head)
    this.#failKnown()
  }

  /** Kafka has the head not, and said so: its sequence is free for the next. */
  refused (failure: Failure): void {
    const head = this.#batches.shift() as Batch
    this.trouble = ''
    head.failed(failure)
    this.#drop(head)
    this.#failKnown()
  }

  /** Kafka has the head not, for what is in it: only the records at fault are refused, be it after some more tries. */
  unfit (failure: Failure, faulty: readonly number[]): void {
    const head = this.head as Batch
    if (head.count === 1) return this.refused(failure)
    if (failure.code === 'record-too-large') this.#maxBatchBytes = Math.max(LEAST_BATCH_BYTES, Math.min(this.#maxBatchBytes, head.bytes >> 1))
    const parts = split(head, failure, faulty)
    this.#batches.splice(0, 1, ...parts)
    for (const part of parts) this.#holds(part.bytes)
    this.trouble = ''
    this.#drop(head)
    this.#failKnown()
  }

  /**
   * Gives up all that waits, in order: a refusal that is for now makes who appended send again, and what is sent again must
   * not find later records of its session before it.
   */
  abandon (failure: Failure): void {
    const given = this.#batches
    this.#batches = []
    this.trouble = ''
    this.backingOff = false
    this.request = undefined
    // An answer may still come for what was sent, so its sequence can be used for nothing else.
    if (given.some((batch) => batch.isSealed)) this.raiseEpoch()
    for (const batch of given) {
      batch.failed(batch.failure ?? (batch.doubtful ? { code: 'outcome-unknown', reason: failure.reason } : failure))
      this.#drop(batch)
    }
  }

  /** Kafka has lost, or never had, the state of our sequence here: a raised epoch starts again at 0. */
  raiseEpoch (): void {
    if (this.#producer.epoch === MAX_EPOCH) this.wantsProducer = true
    else this.renew({ id: this.#producer.id, epoch: this.#producer.epoch + 1 })
  }

  /** Goes on as another producer. */
  renew (producer: Producer): void {
    this.#producer = producer
    this.#sequence = 0
    this.wantsProducer = false
    this.head?.unseal()
  }

  #failKnown (): void {
    for (let head = this.head; head?.failure !== undefined; head = this.head) this.refused(head.failure)
  }

  #holds (bytes: number): void {
    this.heldBytes += bytes
    this.#hold.bytes += bytes
  }

  #drop (batch: Batch): void {
    this.#holds(-batch.bytes)
    batch.clear()
    if (this.#spares.length < SPARES) this.#spares.push(batch)
  }
}
