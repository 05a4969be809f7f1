import { ErrorCode } from '../../wire/errors.ts'
import type { Api, Context } from '../api.ts'

const TO_THE_END = -1

/**
 * DeleteRecords 0-1
 *
 *   request  => [topic string, [partition int32, offset int64 (-1: to the end)]], timeout_ms int32
 *   response => throttle_time_ms int32, [topic string, [partition int32, low_watermark int64, error_code int16]]
 *
 * Simplified: nothing is left out of these versions.
 */
export const deleteRecords: Api = {
  name: 'DeleteRecords',
  versions: [0, 1],
  handle (request, reply, context) {
    const wanted = request.array((t) => ({ topic: t.string(), partitions: t.array((p) => ({ index: p.int32(), offset: p.int64() })) }))
    reply.int32(0).array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, { index, offset }) => {
      const { error, start } = trim(topic, index, offset, context)
      p.int32(index).int64(start).int16(error)
    }))
  }
}

function trim (topic: string, index: number, offset: number, { topics, fault }: Context): { error: number, start: number } {
  const partition = topics.partition(topic, index)
  if (fault !== ErrorCode.NONE) return { error: fault, start: -1 }
  if (partition === undefined) return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, start: -1 }
  if (offset < TO_THE_END || offset > partition.end) return { error: ErrorCode.OFFSET_OUT_OF_RANGE, start: -1 }
  partition.trim(offset === TO_THE_END ? partition.end : offset)
  return { error: ErrorCode.NONE, start: partition.start }
}
