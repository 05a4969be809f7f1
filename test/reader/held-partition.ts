import { walkBatches } from '../../src/wire/batch-walk.ts'
import { BASE_OFFSET, LEADER_EPOCH, writeInt64 } from '../../src/wire/batch.ts'
import { BatchWriter } from '../../src/wire/batch-writer.ts'
import { HeaderBlock } from '../../src/wire/header-block.ts'
import type { Chunk } from '../../src/log/chunk.ts'
import { LogError, type Log } from '../../src/log/log.ts'
import type { Witness } from '../../src/reader/waiter.ts'

interface Batch { base: number, next: number, bytes: Buffer, witness: Witness, keys: string[] }
interface Asked { answer: () => void, fail: () => void, deny: () => void }

const NO_HEADERS = new HeaderBlock()

/** One partition of a topic, and a log whose answers a test gives. A record's value is its offset. */
export class HeldPartition {
  batches: Batch[] = []
  start = 0
  /** Fetches that were not answered yet. */
  asked: Asked[] = []
  /** All fetches so far. */
  fetches = 0
  /** Nobody tells where it begins and ends. */
  isAway = false
  #timeMs = 1_000_000

  get end (): number { return this.batches.at(-1)?.next ?? 0 }

  append (keys: string[], epoch = 0): void {
    const base = this.end
    const writer = new BatchWriter()
    this.#timeMs += 1
    for (const [n, key] of keys.entries()) {
      const value = Buffer.from(String(base + n))
      writer.append(this.#timeMs, Buffer.from(key), value, 0, value.length, NO_HEADERS)
    }
    const bytes = Buffer.from(writer.seal({ id: -1n, epoch: -1 }, -1))
    writeInt64(bytes, base, BASE_OFFSET)
    bytes.writeInt32BE(epoch, LEADER_EPOCH)
    this.batches.push({ base, next: base + keys.length, bytes, witness: { batchMs: this.#timeMs, epoch }, keys })
  }

  /** What stands before an offset. */
  witness (offset: number): Witness | undefined { return this.batches.find(({ base, next }) => base < offset && offset <= next)?.witness }

  /** The offsets of a key's records. */
  offsetsOf (key: string): number[] { return this.batches.flatMap(({ base, keys }) => keys.flatMap((one, n) => one === key ? [base + n] : [])) }

  /** Retention takes whole batches. */
  drop (before: number): void { this.start = this.batches.find(({ next }) => next > before)?.base ?? this.end }

  /** Up to `most` batches from an offset on. */
  chunk (offset: number, most: number): Chunk {
    const batches = this.batches.filter(({ base, next }) => next > offset && base >= this.start).slice(0, most)
    const buffer = Buffer.concat(batches.map(({ bytes }) => bytes))
    return { from: offset, next: batches.at(-1)?.next ?? offset, buffer, at: 0, end: buffer.length, aborted: [] }
  }

  #told (offset: number): number[] {
    if (this.isAway) throw new LogError('unreachable', 'away')
    return [offset]
  }

  readonly log = {
    cluster: 'c',
    ends: async () => this.#told(this.end),
    starts: async () => this.#told(this.start),
    fetch: (_topic: string, _partition: number, offset: number) => new Promise<Chunk>((resolve, reject) => {
      this.fetches += 1
      this.asked.push({
        answer: () => {
          if (offset < this.start || offset > this.end) reject(new LogError('offset-gone', 'gone'))
          else resolve(this.chunk(offset, 3))
        },
        fail: () => reject(new LogError('unreachable', 'away')),
        deny: () => reject(new LogError('offset-gone', 'gone, it says'))
      })
    })
  } as unknown as Log
}

export function valuesOf (chunk: Chunk): number[] {
  const values: number[] = []
  walkBatches(chunk.buffer, chunk.at, chunk.end, chunk.from, [], { record: (record) => values.push(Number(record.value())), undecodable: () => {} })
  return values
}
