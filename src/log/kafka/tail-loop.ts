import { pause, type Clock } from '../../clock.ts'
import { walkBatches } from '../../wire/batch-walk.ts'
import { ErrorCode, errorName } from '../../wire/errors.ts'
import { decodeFetch, encodeFetch, FETCH, type Fetched, type FetchBounds } from '../../wire/fetch.ts'
import type { TailSink } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { describe } from './errors.ts'

/** A long poll: an answer comes at once when there is a record, else after so long. */
const TAIL_BOUNDS: FetchBounds = { maxWaitMs: 500, minBytes: 1, maxBytes: 4 << 20, partitionMaxBytes: 1 << 20, rack: '' }
const RETRY_MS = 100
/** Under load a fetch finds what so long has brought, rather than each record alone; one that had to wait for records is not held up. */
const FETCH_EVERY_MS = 3

/** Where the reading of one partition stands. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly sink: TailSink
  offset: number
  lag: number
  /** Why it does not move; empty while it does. */
  trouble: string
}

/** Fetches from one broker, one request at a time, whatever of `positions` it leads, until it leads none or the signal comes. */
export async function tailBroker (
  cluster: Cluster, clock: Clock, nodeId: number, positions: () => Position[], refresh: () => Promise<void>, signal: AbortSignal
): Promise<void> {
  for (let led = positions(); led.length > 0 && !signal.aborted; led = positions()) {
    try {
      const sentMs = clock.now()
      const payload = await cluster.send(nodeId, FETCH, encodeFetch(led, TAIL_BOUNDS))
      const { partitions, errorCode } = decodeFetch(payload)
      if (errorCode !== ErrorCode.NONE) throw new Error(errorName(errorCode))
      let stale = false
      for (const fetched of partitions) {
        const position = led.find((p) => p.partition === fetched.partition && p.topic === fetched.topic)
        if (position !== undefined && positions().includes(position) && !await advance(cluster, position, fetched)) stale = true
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
  position.offset = walkBatches(fetched.buffer, fetched.recordsAt, fetched.recordsEnd, offset, fetched.aborted, {
    record: (record) => sink.record(partition, record),
    undecodable: (from, to, reason) => sink.undecodable(partition, from, to, reason)
  })
  if (position.offset === offset && fetched.recordsEnd > fetched.recordsAt) {
    position.trouble = `what stands at offset ${offset} cannot be read`
    return false
  }
  position.lag = Math.max(0, fetched.highWatermark - position.offset)
  position.trouble = ''
  return true
}

/** Retention has passed the position, or the topic was truncated or made anew; or a broker that is behind was asked. */
async function jump (cluster: Cluster, position: Position): Promise<boolean> {
  const { topic, partition, offset, sink } = position
  const start = (await cluster.starts(topic))[partition] as number
  const end = (await cluster.ends(topic))[partition] as number
  if (offset >= start && offset <= end) {
    position.trouble = errorName(ErrorCode.OFFSET_OUT_OF_RANGE)
    return false
  }
  position.offset = offset < start ? start : end
  sink.gap(partition, offset, position.offset, offset < start ? 'retention passed it' : 'the topic was truncated or made anew')
  return true
}
