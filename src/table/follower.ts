import { pause, type Clock } from '../clock.ts'
import { again } from '../log/again.ts'
import { walkChunk, type Chunk } from '../log/chunk.ts'
import { LogError, type Fetched, type GapReason, type Log, type Tail } from '../log/log.ts'
import type { RecordView } from '../wire/record-view.ts'

const BEHIND_MS = 250

/** Who is shown every record of a compacted topic, in the order of each partition. */
export interface Reader {
  record: (record: RecordView, partition: number) => void
  /** All is shown again, from the start. */
  clear: () => void
  /** Some records of this partition are not shown. */
  missed: (partition: number) => void
  /** This partition was cut off or made anew: it is shown again, from its start. */
  anew: (partition: number) => void
  warn: (facts: object, sentence: string) => void
}

/** Reads a compacted topic whole, and then follows it. */
export class Follower {
  readonly #log: Log
  readonly #topic: string
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #reader: Reader
  #tail: Tail | undefined
  /** Up to where each partition was read, and those that must be read from their start. */
  #next: number[] = []
  readonly #anew = new Set<number>()

  constructor (log: Log, topic: string, clock: Clock, signal: AbortSignal, reader: Reader) {
    this.#log = log
    this.#topic = topic
    this.#clock = clock
    this.#signal = signal
    this.#reader = reader
  }

  /** Resolves when all that stood there has been shown, however long Kafka makes it wait. The signal ends the waiting with Kafka's last error. */
  async start (): Promise<void> {
    const ends = await again(this.#clock, this.#signal, () => this.#read())
    if (!this.#signal.aborted) this.#follow(ends)
  }

  close (): void { this.#tail?.close() }

  /** Resolves to the offsets up to which it was read. */
  async #read (): Promise<number[]> {
    this.#reader.clear()
    const [starts, ends] = await Promise.all([this.#log.starts(this.#topic), this.#log.ends(this.#topic)])
    const read = await Promise.allSettled(ends.map((end, partition) => this.#readTo(end, partition, starts[partition] as number)))
    return read.map((one) => { // all have ended, so that none goes on beside the next try
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
  }

  async #readTo (end: number, partition: number, start: number): Promise<number> {
    let at = start
    while (at < end) {
      const fetched = await this.#fetch(partition, at)
      at = this.#walk(partition, fetched)
      if (at > fetched.from) continue
      if (fetched.readable >= end) break // behind the last record there is a hole
      await pause(this.#clock, BEHIND_MS, this.#signal) // a broker that is a little behind says nothing yet
      if (this.#signal.aborted) break
    }
    return Math.max(at, end)
  }

  /** Tried again by itself: where Kafka throttles, or a leader moves, the whole topic need not be read anew. */
  async #fetch (partition: number, at: number): Promise<Fetched> {
    return await again(this.#clock, this.#signal, async () => {
      try {
        return await this.#log.fetch(this.#topic, partition, at)
      } catch (error) {
        if (error instanceof LogError && error.code === 'offset-gone') return error
        throw error
      }
    }).then((found) => {
      if (found instanceof LogError) throw found // it was cut off meanwhile
      return found
    })
  }

  #follow (offsets: readonly number[]): void {
    this.#next = [...offsets]
    this.#tail = this.#log.tail(this.#topic, offsets, {
      chunk: (partition, chunk) => { this.#next[partition] = this.#walk(partition, chunk) },
      gap: (partition, from, to, reason) => this.#gap(partition, from, to, reason)
    })
  }

  #walk (partition: number, chunk: Chunk): number {
    const undecodable = (from: number, to: number, reason: string): void => {
      this.#warn(partition, from, to, `cannot be decoded and were passed over: ${reason}`)
      this.#reader.missed(partition)
    }
    return walkChunk(chunk, chunk.from, {
      record: (record) => {
        try {
          this.#reader.record(record, partition)
        } catch (error) { // its headers, say
          undecodable(record.offset, record.offset, (error as Error).message)
        }
      },
      undecodable
    })
  }

  #gap (partition: number, from: number, to: number, reason: GapReason): void {
    this.#warn(partition, from, to, `are gone: ${reason}`)
    if (reason === 'retention') return this.#reader.missed(partition)
    this.#anew.add(partition)
    if (this.#anew.size === 1) void this.#readAnew()
  }

  async #readAnew (): Promise<void> {
    this.close()
    const starts = await again(this.#clock, this.#signal, () => this.#log.starts(this.#topic)).catch((): number[] => [])
    if (this.#signal.aborted) return
    const offsets = this.#next.map((next, partition) => this.#anew.has(partition) ? starts[partition] as number : next)
    for (const partition of this.#anew) this.#reader.anew(partition)
    this.#anew.clear()
    this.#follow(offsets)
  }

  #warn (partition: number, from: number, to: number, what: string): void {
    const topic = this.#topic
    this.#reader.warn({ topic, partition, from, to }, `Records of ${topic}/${partition} from offset ${from} to ${to} ${what}.`)
  }
}
