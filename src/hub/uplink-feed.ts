import type { Clock } from '../clock.ts'
import { again } from '../log/again.ts'
import { walkChunk } from '../log/chunk.ts'
import type { Log, Tail } from '../log/log.ts'
import type { RecordView } from '../wire/record-view.ts'
import type { Losses } from './losses.ts'
import type { Follow } from './watchers.ts'

const UNFOLLOW_MS = 5_000

type OnRecord = Parameters<Follow>[0]

/** The uplink as those who watch devices read it: one tail serves all, and outlives the last a little, so that a page that is loaded again costs nothing. */
export class UplinkFeed {
  readonly #log: Log
  readonly #clock: Clock
  readonly #topic: string
  readonly #losses: Losses
  readonly #closing = new AbortController()
  #tail: Promise<Tail> | undefined
  #onRecord: OnRecord = () => {}
  #followers = 0
  #cancelUnfollow: () => void = () => {}

  constructor (log: Log, clock: Clock, topic: string, losses: Losses) {
    this.#log = log
    this.#clock = clock
    this.#topic = topic
    this.#losses = losses
  }

  readonly follow: Follow = async (onRecord) => {
    this.#followers += 1
    this.#cancelUnfollow()
    this.#onRecord = onRecord
    this.#tail ??= this.#open()
    const tail = await this.#tail
    return () => {
      this.#followers -= 1
      if (this.#followers > 0) return
      this.#cancelUnfollow = this.#clock.after(UNFOLLOW_MS, () => {
        this.#tail = undefined
        tail.close()
      })
    }
  }

  /** The log closes what is open. */
  close (): void {
    this.#cancelUnfollow()
    this.#closing.abort()
  }

  /** From the ends on; while Kafka does not tell them, it is asked again. */
  async #open (): Promise<Tail> {
    const ends = await again(this.#clock, this.#closing.signal, () => this.#log.ends(this.#topic))
    const next = [...ends]
    return this.#log.tail(this.#topic, ends, {
      chunk: (partition, chunk) => {
        const undecodable = (from: number, to: number, reason: string): void => this.#losses.passedOver(this.#topic, partition, from, to, reason)
        next[partition] = walkChunk(chunk, next[partition] ?? 0, { record: (view) => this.#record(partition, view, undecodable), undecodable })
      },
      gap: (partition, from, to, reason) => {
        next[partition] = to
        this.#losses.gone(this.#topic, partition, from, to, reason)
      }
    })
  }

  #record (partition: number, view: RecordView, undecodable: (from: number, to: number, reason: string) => void): void {
    try {
      this.#onRecord(partition, view)
    } catch (error) {
      undecodable(view.offset, view.offset, (error as Error).message)
    }
  }
}
