import { walkBatches, type Aborted, type BatchSink } from '../wire/batch-walk.ts'

/** What one fetch brought of one partition: whole batches, in `buffer[at, end)`. Several chunks of one answer share its buffer. */
export interface Chunk {
  /** The offset that was asked for, and the one behind the last whole batch. */
  readonly from: number
  readonly next: number
  readonly buffer: Buffer
  readonly at: number
  readonly end: number
  readonly aborted: readonly Aborted[]
}

/** Hands the chunk's records from `wanted` on to `sink`, as `walkBatches` does; the result is where it came to. */
export function walkChunk ({ from, buffer, at, end, aborted }: Chunk, wanted: number, sink: BatchSink): number {
  return walkBatches(buffer, at, end, wanted, aborted, sink, Math.min(from, wanted))
}
