import { pause, type Clock } from '../../clock.ts'
import { batchesEnd } from '../../wire/batch-walk.ts'
import { ErrorCode, errorName } from '../../wire/errors.ts'
import { decodeFetch, encodeFetch, FETCH, type Fetched, type FetchBounds } from '../../wire/fetch.ts'
import type { Cluster } from './cluster.ts'
import { describe } from './errors.ts'
import type { Position } from './position.ts'

/** A long poll: an answer comes at once when there is a record, else after so long. */
const TAIL_BOUNDS: FetchBounds = { maxWaitMs: 500, minBytes: 1, maxBytes: 4 << 20, partitionMaxBytes: 1 << 20, rack: '' }
const RETRY_MS = 100
/** Where a topic was truncated or made anew, what was stored since the last good answer is read, and so much before it. */
const OVERLAP_MS = 60_000
/** Under load a fetch finds what so long has brought, rather than each record alone; one that had to wait for records is not held up. */
const FETCH_EVERY_MS = 3

/**
 * Fetches from one broker, one request at a time, whatever of `positions` it leads, until it leads none or the signal comes.
 * A broker fills its answer in the order of the request, and it is soon full: who was served last comes last.
 */
export async function tailBroker (
  cluster: Cluster, clock: Clock, nodeId: number, positions: () => Position[], refresh: () => Promise<void>, signal: AbortSignal
): Promise<void> {
  for (let led = positions(); led.length > 0 && !signal.aborted; led = positions()) {
    try {
      const sentMs = clock.now()
      led.sort((a, b) => a.broughtMs - b.broughtMs)
      const payload = await cluster.send(nodeId, FETCH, encodeFetch(led, TAIL_BOUNDS))
      const { partitions, errorCode } = decodeFetch(payload)
      if (errorCode !== ErrorCode.NONE) throw new Error(errorName(errorCode))
      let stale = false
      const asked = new Map(led.map((position) => [`${position.topic}/${position.partition}`, position]))
      for (const fetched of partitions) {
        const position = asked.get(`${fetched.topic}/${fetched.partition}`)
        if (position !== undefined && !position.isClosed && !await advance(cluster, position, fetched)) stale = true
      }
      if (!stale) {
        const waitMs = Math.min(FETCH_EVERY_MS, sentMs + FETCH_EVERY_MS - clock.now()) // a clock may be set back
        if (waitMs > 0) await pause(clock, waitMs, signal)
        continue
      }
    } catch (error) {
      for (const position of led) position.trouble = describe(error)
    }
    await pause(clock, RETRY_MS, signal)
    await refresh()
  }
}

/** Hands on what came for one partition. Returns false where it has to be asked for again elsewhere, or later. */
async function advance (cluster: Cluster, position: Position, fetched: Fetched): Promise<boolean> {
  if (fetched.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return await jump(cluster, position)
  if (fetched.errorCode !== ErrorCode.NONE) {
    position.trouble = errorName(fetched.errorCode)
    return false
  }
  const { partition, sink, offset } = position
  const { buffer, recordsAt: at, recordsEnd: end, aborted, highWatermark, lastStableOffset } = fetched
  const next = batchesEnd(buffer, at, end, offset)
  if (next === offset && end > at) {
    position.trouble = `what stands at offset ${offset} cannot be read`
    return false
  }
  if (next > offset) {
    position.brought(next)
    sink.chunk(partition, { from: offset, next, buffer, at, end, aborted })
  }
  position.moved(highWatermark, lastStableOffset)
  return true
}

/** Retention has passed the position, or the topic was truncated or made anew; or a broker that is behind was asked. */
async function jump (cluster: Cluster, position: Position): Promise<boolean> {
  const { topic, partition, offset, sink } = position
  const at = async (offsets: Promise<number[]>): Promise<number> => (await offsets)[partition] as number
  const start = await at(cluster.starts(topic))
  const end = await at(cluster.ends(topic))
  if (offset >= start && offset <= end) {
    position.trouble = errorName(ErrorCode.OFFSET_OUT_OF_RANGE)
    return false
  }
  const since = offset < start ? start : await at(cluster.offsetsAt(topic, position.answeredMs - OVERLAP_MS))
  position.offset = since === -1 ? end : since
  sink.gap(partition, offset, position.offset, offset < start ? 'retention' : 'truncated')
  return true
}
