import { ErrorCode } from '../../wire/errors.ts'
import type { Api, Context } from '../api.ts'

const EARLIEST = -2
const LATEST = -1
const READ_COMMITTED = 1

interface Found { readonly error: number, readonly timestamp: number, readonly offset: number }

/**
 * ListOffsets 1-3
 *
 *   request  => replica_id int32, isolation_level int8 (v2+),
 *               [topic string, [partition int32, timestamp int64 (-1 latest, -2 earliest)]]
 *   response => throttle_time_ms int32 (v2+),
 *               [topic string, [partition int32, error_code int16, timestamp int64, offset int64]]
 *
 * Simplified: in a compressed batch the first record stands for the one that is asked for.
 */
export const listOffsets: Api = {
  name: 'ListOffsets',
  versions: [1, 3],
  handle (request, reply, context) {
    const { version } = context
    request.int32() // replica id
    const committedOnly = version >= 2 && request.int8() === READ_COMMITTED
    const wanted = request.array((t) => ({
      topic: t.string(),
      partitions: t.array((p) => ({ index: p.int32(), timestamp: p.int64() }))
    }))
    if (version >= 2) reply.int32(0)
    reply.array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, asked) => {
      const { error, timestamp, offset } = find(topic, asked.index, asked.timestamp, committedOnly, context)
      p.int32(asked.index).int16(error).int64(timestamp).int64(offset)
    }))
  }
}

function find (topic: string, index: number, timestamp: number, committedOnly: boolean, { topics, fault }: Context): Found {
  const partition = topics.partition(topic, index)
  if (fault !== ErrorCode.NONE || partition === undefined) {
    return { error: fault === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : fault, timestamp: -1, offset: -1 }
  }
  const bound = committedOnly ? partition.lastStable : partition.end
  if (timestamp === LATEST) return { error: ErrorCode.NONE, timestamp: -1, offset: bound }
  if (timestamp === EARLIEST) return { error: ErrorCode.NONE, timestamp: -1, offset: partition.start }
  const record = partition.findTime(timestamp)
  if (record === undefined || record.offset >= bound) return { error: ErrorCode.NONE, timestamp: -1, offset: -1 }
  return { error: ErrorCode.NONE, ...record }
}
