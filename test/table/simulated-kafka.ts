/** A topic of one partition in memory, and logs on it in which nothing happens until a test lets it. */

import type { Chunk } from '../../src/log/chunk.ts'
import type { Failure, Log, Tail, TailSink, Topic, Waiter } from '../../src/log/log.ts'
import { BASE_OFFSET, writeInt64 } from '../../src/wire/batch.ts'
import { BatchWriter } from '../../src/wire/batch-writer.ts'
import { HeaderBlock, type EncodedHeaders } from '../../src/wire/header-block.ts'

const NOTHING = Buffer.alloc(0)
const NO_HEADERS = new HeaderBlock()

export interface Stored { readonly offset: number, readonly key: string, readonly value: Buffer | null, readonly headers: EncodedHeaders, readonly timeMs: number }

export class SimulatedKafka {
  /** All that was ever stored. */
  readonly history: Stored[] = []
  /** What compaction has left of it. */
  records: Stored[] = []
  now: () => number = () => 0

  get end (): number { return this.history.length }

  store (key: string, value: Buffer | null, headers: EncodedHeaders = NO_HEADERS): number {
    const stored = { offset: this.end, key, value, headers, timeMs: this.now() }
    this.history.push(stored)
    this.records.push(stored)
    return stored.offset
  }

  /** The record at this offset, as it is read. */
  chunk (at: number): Chunk { return chunkOf(this.records.filter(({ offset }) => offset === at), at) }

  compact (): void {
    this.records = this.records.filter(({ offset, key }) => !this.records.some((later) => later.key === key && later.offset > offset))
  }
}

interface Appended { readonly key: string, readonly value: Buffer | null, readonly headers: EncodedHeaders, readonly waiter: Waiter, readonly id: number }

export class SimulatedLog {
  readonly kafka: SimulatedKafka
  readonly queue: Appended[] = []
  isFull = false
  /** What `ends` throws next, and `starts`. */
  readonly faults: Error[] = []
  readonly startFaults: Error[] = []
  sink: TailSink | undefined
  offset = 0

  constructor (kafka: SimulatedKafka) { this.kafka = kafka }

  get log (): Log { return this as unknown as Log }

  topic (name: string): Topic {
    return {
      name,
      partitions: 1,
      pressed: () => false,
      append: (_partition, key, source, from, to, { buffer, end }, waiter, id) => {
        if (this.isFull) return false
        this.queue.push({ key: key.toString(), value: to < from ? null : Buffer.from(source.subarray(from, to)), headers: { buffer: Buffer.from(buffer.subarray(0, end)), end }, waiter, id })
        return true
      }
    }
  }

  starts = async (): Promise<number[]> => {
    const fault = this.startFaults.shift()
    if (fault !== undefined) throw fault
    return [0]
  }

  ends = async (): Promise<number[]> => {
    const fault = this.faults.shift()
    if (fault !== undefined) throw fault
    return [this.kafka.end]
  }

  fetch = async (_topic: string, _partition: number, from: number): Promise<Chunk> =>
    chunkOf(this.kafka.records.filter(({ offset }) => offset >= from), from)

  tail = (_topic: string, [offset = 0]: readonly number[], sink: TailSink): Tail => {
    this.sink = sink
    this.offset = offset
    return {
      look: async () => {},
      lag: () => [0],
      close: () => { this.sink = undefined }
    }
  }

  /** The oldest append reaches Kafka. */
  land (): boolean {
    const one = this.queue.shift()
    if (one === undefined) return false
    one.waiter.stored(one.id, 1, 0, this.kafka.store(one.key, one.value, one.headers))
    return true
  }

  /** It does not, or its answer does not come back. */
  fail (failure: Failure): boolean {
    const one = this.queue.shift()
    if (one === undefined) return false
    if (failure.code === 'outcome-unknown') this.kafka.store(one.key, one.value, one.headers)
    one.waiter.failed(one.id, failure)
    return true
  }

  /** The tail hands on the next record. */
  next (): Stored | undefined {
    const stored = this.kafka.records.find(({ offset }) => offset >= this.offset)
    if (stored === undefined || this.sink === undefined) return undefined
    this.offset = stored.offset + 1
    this.sink.chunk(0, chunkOf([stored], stored.offset))
    return stored
  }
}

export function chunkOf (all: readonly Stored[], from: number): Chunk {
  const buffer = Buffer.concat(all.map(({ offset, key, value, headers, timeMs }) => {
    const writer = new BatchWriter()
    writer.append(timeMs, Buffer.from(key), value ?? NOTHING, 0, value?.length ?? -1, headers)
    const batch = Buffer.from(writer.seal({ id: -1n, epoch: -1 }, -1))
    writeInt64(batch, offset, BASE_OFFSET)
    return batch
  }))
  return { from, next: (all.at(-1)?.offset ?? from - 1) + 1, buffer, at: 0, end: buffer.length, aborted: [] }
}
