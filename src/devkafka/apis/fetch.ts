import { ErrorCode } from '../../wire/errors.ts'
import type { Reader } from '../../wire/reader.ts'
import type { Writer } from '../../wire/writer.ts'
import type { Api, Context } from '../api.ts'
import type { Partition } from '../partition.ts'

const READ_COMMITTED = 1
const NO_RECORDS = Buffer.alloc(0)

interface Wanted { readonly index: number, readonly offset: number, readonly maxBytes: number }
interface WantedTopic { readonly topic: string, readonly partitions: Wanted[] }

/** A partition, and up to where this reader may read it; or why not. */
type Found = { readonly partition: Partition, readonly bound: number } | { readonly error: number }

/**
 * Fetch 4-11
 *
 *   request  => replica_id int32, max_wait_ms int32, min_bytes int32, max_bytes int32, isolation_level int8,
 *               session_id int32 (v7+), session_epoch int32 (v7+),
 *               [topic string, [partition int32, current_leader_epoch int32 (v9+), fetch_offset int64,
 *                log_start_offset int64 (v5+), partition_max_bytes int32]],
 *               [forgotten topic string, [partition int32]] (v7+), rack_id string (v11+)
 *   response => throttle_time_ms int32, error_code int16 (v7+), session_id int32 (v7+),
 *               [topic string, [partition int32, error_code int16, high_watermark int64, last_stable_offset int64,
 *                log_start_offset int64 (v5+), aborted [producer_id int64, first_offset int64] or null,
 *                preferred_read_replica int32 (v11+), records bytes]]
 *
 * Simplified: session id 0 is answered, so every request names all its partitions. Leader epochs are not compared, racks
 * are ignored.
 */
export const fetch: Api = {
  name: 'Fetch',
  versions: [4, 11],
  async handle (request, reply, context) {
    const { version } = context
    request.int32() // replica id
    const maxWaitMs = request.int32()
    const minBytes = request.int32()
    const maxBytes = request.int32()
    const committedOnly = request.int8() === READ_COMMITTED
    if (version >= 7) request.skip(8) // session
    const wanted = request.array((t) => readTopic(t, version))
    const find = (topic: string, { index, offset }: Wanted) => findPartition(topic, index, offset, committedOnly, context)

    if (context.fault === ErrorCode.NONE) await enough(wanted, minBytes, maxWaitMs, find, context)

    reply.int32(0)
    if (version >= 7) reply.int16(ErrorCode.NONE).int32(0)
    let room = maxBytes
    let first = true
    reply.array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, asked) => {
      const found = find(topic, asked)
      const records = 'error' in found
        ? NO_RECORDS
        : found.partition.read(asked.offset, found.bound, Math.min(asked.maxBytes, room), first)
      if (records.length > 0) first = false
      room = Math.max(0, room - records.length)
      writeHeader(p, asked, found, committedOnly, version)
      p.bytes(records)
    }))
  }
}

function readTopic (request: Reader, version: number): WantedTopic {
  const topic = request.string()
  const partitions = request.array((p) => {
    const index = p.int32()
    if (version >= 9) p.int32() // current leader epoch
    const offset = p.int64()
    if (version >= 5) p.int64() // the follower's log start
    return { index, offset, maxBytes: p.int32() }
  })
  return { topic, partitions }
}

function findPartition (topic: string, index: number, offset: number, committedOnly: boolean, { topics, fault }: Context): Found {
  const partition = topics.partition(topic, index)
  if (fault !== ErrorCode.NONE) return { error: fault }
  if (partition === undefined) return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  if (offset < partition.start || offset > partition.end) return { error: ErrorCode.OFFSET_OUT_OF_RANGE }
  return { partition, bound: committedOnly ? partition.lastStable : partition.end }
}

/** What precedes the records; where there is an error, Kafka says -1 for every offset. */
function writeHeader (w: Writer, { index, offset }: Wanted, found: Found, committedOnly: boolean, version: number): void {
  const { error, end, lastStable, start } = 'error' in found
    ? { error: found.error, end: -1, lastStable: -1, start: -1 }
    : { error: ErrorCode.NONE, end: found.partition.end, lastStable: found.partition.lastStable, start: found.partition.start }
  w.int32(index).int16(error).int64(end).int64(lastStable)
  if (version >= 5) w.int64(start)
  if (committedOnly && !('error' in found)) {
    w.array(found.partition.abortedBetween(offset, found.bound), (a, { producerId, first }) => a.int64(producerId).int64(first))
  } else w.int32(-1)
  if (version >= 11) w.int32(-1)
}

/** The long poll: resolves when there is as much as was asked for, or an error to tell, or the time is over. */
async function enough (
  wanted: WantedTopic[], minBytes: number, maxWaitMs: number, find: (topic: string, asked: Wanted) => Found, { topics, gone }: Context
): Promise<void> {
  const satisfied = (): boolean => {
    let bytes = 0
    for (const { topic, partitions } of wanted) {
      for (const asked of partitions) {
        const found = find(topic, asked)
        if ('error' in found) return true
        bytes += found.partition.bytesBetween(asked.offset, found.bound)
      }
    }
    return bytes >= minBytes
  }
  if (maxWaitMs <= 0 || satisfied()) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      gone.removeEventListener('abort', done)
      for (const unwatch of watched) unwatch()
      resolve()
    }
    const timer = setTimeout(done, maxWaitMs)
    gone.addEventListener('abort', done)
    const watched = wanted.flatMap(({ topic, partitions }) =>
      partitions.map(({ index }) => topics.partition(topic, index)?.watch(() => { if (satisfied()) done() })))
      .filter((unwatch) => unwatch !== undefined)
  })
}
