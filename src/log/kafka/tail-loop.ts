import { pause, type Clock } from '../../clock.ts'
import { batchesEnd, batchOf } from '../../wire/batch-walk.ts'
import { ErrorCode, errorName } from '../../wire/errors.ts'
import { decodeFetch, encodeFetch, FETCH, type Fetched, type FetchBounds } from '../../wire/fetch.ts'
import type { GapReason } from '../log.ts'
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
      const asked = led.map((position) => ({ topic: position.topic, partition: position.partition, offset: position.from, stood: position.offset, position }))
      const payload = await cluster.send(nodeId, FETCH, encodeFetch(asked, TAIL_BOUNDS))
      const { partitions, errorCode } = decodeFetch(payload)
      if (errorCode !== ErrorCode.NONE) throw new Error(errorName(errorCode))
      let stale = false
      const byName = new Map(asked.map((one) => [`${one.topic}/${one.partition}`, one]))
      for (const fetched of partitions) {
        const one = byName.get(`${fetched.topic}/${fetched.partition}`)
        if (one === undefined || one.position.isClosed || one.position.offset !== one.stood) continue // its next leader has brought more
        const { position, offset } = one
        try {
          if (!await advance(cluster, position, offset, fetched)) stale = true
        } catch (error) { // the others of this broker need not wait for it
          position.trouble = describe(error)
          stale = true
        }
      }
      if (!stale) {
        const waitMs = Math.min(FETCH_EVERY_MS, sentMs + FETCH_EVERY_MS - clock.now()) // a clock may be set back
        if (waitMs > 0) await pause(clock, waitMs, signal)
        continue
      }
    } catch (error) {
      for (const position of led) {
        position.trouble = describe(error)
        if (cluster.isHidden(position.topic)) cluster.denials.denied('DESCRIBE', position.topic)
      }
    }
    await pause(clock, RETRY_MS, signal)
    await refresh()
  }
}

/** Hands on what came for one partition, read `from` there. Returns false where it has to be asked for again elsewhere, or later. */
async function advance (cluster: Cluster, position: Position, from: number, fetched: Fetched): Promise<boolean> {
  if (fetched.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return await jump(cluster, position, from)
  if (fetched.errorCode !== ErrorCode.NONE) {
    position.trouble = errorName(fetched.errorCode)
    if (fetched.errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) cluster.denials.denied('READ', position.topic)
    return false
  }
  const { partition, sink, offset } = position
  const { buffer, recordsAt: at, recordsEnd: end, aborted, highWatermark, lastStableOffset } = fetched
  const next = batchesEnd(buffer, at, end, offset)
  if (batchesEnd(buffer, at, end, from) === from && end > at) {
    position.trouble = `what stands at offset ${from} cannot be read`
    return false
  }
  if (from < offset && end > at) {
    const found = batchOf(buffer, at, end, from)
    if (found?.batchMs !== position.witness?.batchMs || found?.epoch !== position.witness?.epoch) return await goBack(cluster, position, offset)
    position.isDoubtful = false
  }
  if (next > offset) {
    position.brought(next, batchOf(buffer, at, end, next - 1))
    sink.chunk(partition, { from, next, buffer, at, end, aborted })
  }
  position.moved(highWatermark, lastStableOffset)
  cluster.denials.granted('READ', position.topic)
  return true
}

/** Retention has passed the position, or the topic was truncated or made anew; or a broker that is behind was asked. */
async function jump (cluster: Cluster, position: Position, from: number): Promise<boolean> {
  const { topic, partition, offset } = position
  const start = (await cluster.starts(topic))[partition] as number
  const end = (await cluster.ends(topic))[partition] as number
  if (offset >= start && offset <= end) {
    if (from < start) position.isDoubtful = false // retention has taken what would be compared
    else position.trouble = errorName(ErrorCode.OFFSET_OUT_OF_RANGE)
    return from < start
  }
  if (offset > end) return await goBack(cluster, position, offset)
  goOn(position, offset, start, 'retention')
  return true
}

/** Others stand where its records stood. */
async function goBack (cluster: Cluster, position: Position, offset: number): Promise<boolean> {
  const { topic, partition, answeredMs } = position
  const end = (await cluster.ends(topic))[partition] as number // first, or what is stored between the two answers would be left out
  const since = (await cluster.offsetsAt(topic, answeredMs - OVERLAP_MS))[partition] as number
  goOn(position, offset, since === -1 ? end : since, 'truncated')
  return true
}

function goOn (position: Position, from: number, to: number, reason: GapReason): void {
  if (position.isClosed || position.offset !== from) return // it was ended, or its next leader has brought more, while Kafka was asked
  position.jump(to)
  position.sink.gap(position.partition, from, to, reason)
}
