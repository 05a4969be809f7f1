import { groupBy } from './group-by.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * ListOffsets, version 1, for high watermarks alone: how far the followers of each partition have what its leader has.
 *
 *   request:  replicaId int32 · [topic string · [partition int32 · timestamp int64]]
 *   response: [topic string · [partition int32 · errorCode int16 · timestamp int64 · offset int64]]
 */
export const LIST_OFFSETS = { key: 2, version: 1, name: 'ListOffsets' } as const

const NO_REPLICA = -1
const LATEST = -1

export interface PartitionOf { readonly topic: string, readonly partition: number }
export interface HighWatermark extends PartitionOf { readonly errorCode: number, readonly offset: number }

export function encodeListOffsets (parts: readonly PartitionOf[]): Buffer {
  return new Writer().int32(NO_REPLICA)
    .array(groupBy(parts, (part) => part.topic), (w, [topic, list]) => w.string(topic).array(list, (p, { partition }) => p.int32(partition).int64(LATEST)))
    .finish()
}

export function decodeListOffsets (payload: Buffer): HighWatermark[] {
  return new Reader(payload).array((t) => {
    const topic = t.string()
    return t.array((p) => {
      const partition = p.int32()
      const errorCode = p.int16()
      p.skip(8) // timestamp
      return { topic, partition, errorCode, offset: p.int64() }
    })
  }).flat()
}
