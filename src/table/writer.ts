import type { Failure, Topic, Waiter } from '../log/log.ts'
import { HeaderBlock } from '../wire/header-block.ts'
import { homePartition } from '../wire/murmur2.ts'

const NO_HEADERS = new HeaderBlock()
const NOTHING = Buffer.alloc(0)
const HELD: Failure = { code: 'kafka-away', reason: 'as much is held for Kafka as may be' }

/** Hears once what became of a record; undefined: it is stored. */
export type Done = (failure: Failure | undefined) => void

export function partitionOf (key: string, partitions: number): number {
  return homePartition(Buffer.from(key), partitions)
}

/** Where and how, if not in the key's home and without headers. */
export interface Place { readonly partition?: number | undefined, readonly headers?: HeaderBlock }

/** Appends records to the home partition of their key, and says what became of each. */
export class Writer {
  readonly #topic: Topic
  readonly #queues: Done[][]
  readonly #waiters: Waiter[]
  #waiting = 0

  constructor (topic: Topic) {
    this.#topic = topic
    this.#queues = Array.from({ length: topic.partitions }, () => [])
    this.#waiters = this.#queues.map((queue): Waiter => ({
      stored: (_id, count) => { for (const done of queue.splice(0, count)) this.#answer(done, undefined) },
      failed: (_id, failure) => this.#answer(queue.shift() as Done, failure)
    }))
  }

  get partitions (): number { return this.#topic.partitions }
  /** Records whose fate is not known yet. */
  get waiting (): number { return this.#waiting }

  partition (key: string): number { return partitionOf(key, this.#topic.partitions) }

  /** `value` null forgets the key. */
  write (key: string, value: Buffer | null, done: Done, { partition = this.partition(key), headers = NO_HEADERS }: Place = {}): void {
    const waiter = this.#waiters[partition] as Waiter
    const to = value === null ? -1 : value.length
    if (!this.#topic.append(partition, Buffer.from(key), value ?? NOTHING, 0, to, headers, waiter, 0)) return done(HELD)
    this.#waiting += 1
    this.#queues[partition]?.push(done)
  }

  #answer (done: Done, failure: Failure | undefined): void {
    this.#waiting -= 1
    done(failure)
  }
}
