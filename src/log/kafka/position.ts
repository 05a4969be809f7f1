import type { Clock } from '../../clock.ts'
import type { Stall, TailSink } from '../log.ts'

/** A fetch is answered after half a second at the latest; who looks once a second and finds none so often is not going to get one. */
const SILENT_LOOKS = 3
/** A transaction that is open for so long holds up everybody behind it. */
const OPEN_TRANSACTION_MS = 5_000

/** Where the reading of one partition stands. */
export class Position {
  readonly topic: string
  readonly partition: number
  readonly sink: TailSink
  /** Compaction makes another batch of a batch, so there none can be known again. */
  readonly isCompacted: boolean
  offset: number
  lag = 0
  /** It is followed no more. */
  isClosed = false
  /** The batch that `offset` stands behind; undefined where nothing was brought yet. */
  witness: { readonly batchMs: number, readonly epoch: number } | undefined
  /** There was trouble, behind which another log may stand here: what is before `offset` is read again, to compare. */
  isDoubtful = false
  /** When a broker last answered for it. */
  answeredMs: number
  /** When one last brought something, by `Clock.elapsed`. */
  broughtMs = -1
  /** How often it was looked for an answer since the last one. A process that is busy looks late, and so is not taken for a silent broker. */
  #looks = 0
  /** Where its last stable offset stands behind the records that are there, and since when. */
  #held: { readonly at: number, readonly sinceMs: number } | undefined
  #trouble = ''
  #clock: Clock

  constructor (clock: Clock, topic: string, partition: number, sink: TailSink, offset: number, isCompacted = false) {
    this.#clock = clock
    this.topic = topic
    this.partition = partition
    this.sink = sink
    this.offset = offset
    this.isCompacted = isCompacted
    this.answeredMs = clock.now()
  }

  /** Why it does not move; empty while it does. */
  get trouble (): string { return this.#trouble }

  set trouble (reason: string) {
    this.#trouble = reason
    if (reason !== '') this.isDoubtful = true
  }

  /** Where it is to be read from. */
  get from (): number { return this.isDoubtful && this.witness !== undefined && !this.isCompacted ? this.offset - 1 : this.offset }

  /** It goes on elsewhere. */
  jump (offset: number): void {
    this.offset = offset
    this.witness = undefined
  }

  /** Everything before `next` is handed on, and this batch is the last of it. */
  brought (next: number, witness: Position['witness']): void {
    this.offset = next
    this.witness = witness
    this.isDoubtful = false
    this.broughtMs = this.#clock.elapsed()
  }

  /** An answer came, and all that may be read was handed on. */
  moved (highWatermark: number, lastStableOffset: number): void {
    this.trouble = ''
    this.lag = Math.max(0, highWatermark - this.offset)
    this.#looks = 0
    this.answeredMs = this.#clock.now()
    const isHeld = lastStableOffset < highWatermark && lastStableOffset === this.offset
    if (!isHeld) this.#held = undefined
    else if (this.#held?.at !== lastStableOffset) this.#held = { at: lastStableOffset, sinceMs: this.answeredMs }
  }

  /** Called once a second. */
  look (): void { this.#looks += 1 }

  get stall (): Stall | undefined {
    const reason = this.#reason()
    return reason === '' ? undefined : { topic: this.topic, partition: this.partition, reason: `${this.topic}/${this.partition} is not read: ${reason}` }
  }

  #reason (): string {
    if (this.trouble !== '') return this.trouble
    if (this.#looks >= SILENT_LOOKS) return 'its broker does not answer'
    return this.#held !== undefined && this.#clock.now() - this.#held.sinceMs > OPEN_TRANSACTION_MS ? 'a producer\'s open transaction holds back what is behind it' : ''
  }
}
