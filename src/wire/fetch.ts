import type { Aborted } from './batch-walk.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * Fetch, version 11, without fetch sessions.
 *
 *   request:  replicaId int32 · maxWaitMs int32 · minBytes int32 · maxBytes int32 · isolationLevel int8 · sessionId int32
 *             sessionEpoch int32 · [topic string · [partition int32 · currentLeaderEpoch int32 · fetchOffset int64
 *             logStartOffset int64 · partitionMaxBytes int32]] · [forgotten] · rackId string
 *   response: throttleMs int32 · errorCode int16 · sessionId int32 · [topic string · [partition int32 · errorCode int16
 *             highWatermark int64 · lastStableOffset int64 · logStartOffset int64 · [producerId int64 · firstOffset int64]
 *             preferredReadReplica int32 · records bytes]]
 */
export const FETCH = { key: 1, version: 11, name: 'Fetch' } as const

const READ_COMMITTED = 1
const NO_SESSION = 0
const NO_EPOCH = -1

export interface FetchFrom { readonly topic: string, readonly partition: number, readonly offset: number }

export interface FetchBounds {
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly rack: string
}

/** One partition's part of an answer; its batches lie in `buffer[recordsAt, recordsEnd)`. */
export interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly aborted: readonly Aborted[]
  readonly buffer: Buffer
  readonly recordsAt: number
  readonly recordsEnd: number
}

export interface FetchAnswer { readonly throttleMs: number, readonly errorCode: number, readonly partitions: readonly Fetched[] }

/** A broker fills its answer in the order in which partitions are asked for. */
export function encodeFetch (from: readonly FetchFrom[], bounds: FetchBounds): Buffer {
  return new Writer()
    .int32(-1).int32(bounds.maxWaitMs).int32(bounds.minBytes).int32(bounds.maxBytes).int8(READ_COMMITTED)
    .int32(NO_SESSION).int32(NO_EPOCH)
    .array(runsOf(from), (w, partitions) => w.string((partitions[0] as FetchFrom).topic).array(partitions, (p, { partition, offset }) =>
      p.int32(partition).int32(NO_EPOCH).int64(offset).int64(-1).int32(bounds.partitionMaxBytes)))
    .array([], () => {})
    .string(bounds.rack)
    .finish()
}

/** As the Java client does, and brokers in their answers: a topic stands there again where another one's partitions came between. */
function runsOf (from: readonly FetchFrom[]): FetchFrom[][] {
  const runs: FetchFrom[][] = []
  for (const one of from) {
    const run = runs.at(-1)
    if (run?.[0]?.topic === one.topic) run.push(one)
    else runs.push([one])
  }
  return runs
}

const NONE_ABORTED: readonly Aborted[] = []

/** Takes the answer apart as far as its partitions; the records stay where they are. Throws a RangeError on a malformed one. */
export function decodeFetch (payload: Buffer): FetchAnswer {
  const reader = new Reader(payload)
  const throttleMs = reader.int32()
  const errorCode = reader.int16()
  reader.int32() // session id
  const partitions: Fetched[] = []
  reader.array((t) => {
    const topic = t.string()
    t.array((p) => {
      const partition = p.int32()
      const errorCode = p.int16()
      const highWatermark = p.int64()
      const lastStableOffset = p.int64()
      const logStartOffset = p.int64()
      const aborted = p.nullableArray((a) => ({ producerId: a.bigint64(), firstOffset: a.int64() })) ?? NONE_ABORTED
      p.int32() // preferred read replica
      const length = Math.max(0, p.int32())
      const recordsAt = p.skip(length)
      partitions.push({
        topic,
        partition,
        errorCode,
        highWatermark,
        lastStableOffset,
        logStartOffset,
        aborted,
        buffer: payload,
        recordsAt,
        recordsEnd: recordsAt + length
      })
    })
  })
  return { throttleMs, errorCode, partitions }
}
