import { groupBy } from './group-by.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * Produce, version 8, which is the first to name the records that were at fault.
 *
 *   request:  transactionalId nullable string · acks int16 · timeoutMs int32 · [topic string · [partition int32 · records bytes]]
 *   response: [topic string · [partition int32 · errorCode int16 · baseOffset int64 · logAppendTimeMs int64
 *             logStartOffset int64 · [index int32 · message nullable string] · message nullable string]] · throttleMs int32
 */
export const PRODUCE = { key: 0, version: 8, name: 'Produce' } as const

const ALL_IN_SYNC = -1

export interface ProducePart { readonly topic: string, readonly partition: number, readonly batch: Buffer }

export interface Produced {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: number
  /** Places in the batch of the records for which it was refused, where Kafka names them. */
  readonly faulty: readonly number[]
}

export interface ProduceAnswer { readonly throttleMs: number, readonly partitions: readonly Produced[] }

/** One request for one batch each of several partitions, all led by one broker. */
export function encodeProduce (parts: readonly ProducePart[], timeoutMs: number): Buffer {
  const bytes = parts.reduce((sum, { topic, batch }) => sum + topic.length + batch.length + 16, 64)
  return new Writer(bytes)
    .string(null).int16(ALL_IN_SYNC).int32(timeoutMs)
    .array(groupBy(parts, (part) => part.topic), (w, [topic, list]) => w.string(topic).array(list, (p, { partition, batch }) => p.int32(partition).bytes(batch)))
    .finish()
}

export function decodeProduce (payload: Buffer): ProduceAnswer {
  const reader = new Reader(payload)
  const partitions: Produced[] = []
  reader.array((t) => {
    const topic = t.string()
    t.array((p) => {
      const partition = p.int32()
      const errorCode = p.int16()
      const baseOffset = p.int64()
      p.skip(16) // log append time, log start offset
      const faulty = p.array(faultyRecord)
      p.nullableString()
      partitions.push({ topic, partition, errorCode, baseOffset, faulty })
    })
  })
  return { throttleMs: reader.int32(), partitions }
}

function faultyRecord (reader: Reader): number {
  const index = reader.int32()
  reader.nullableString()
  return index
}
