import { varintBytes } from '../../wire/varint.ts'
import type { Failure } from '../log.ts'
import { Batch } from './batch.ts'

/**
 * Cuts a batch of several records that Kafka refused for what is in it into parts that take its place, in order. Where Kafka
 * named the records at fault they are parts that have failed, and what is between them goes again; else it is cut in halves,
 * and the half that is refused again is cut further.
 */
export function split (batch: Batch, failure: Failure, faulty: readonly number[]): Batch[] {
  const named = new Set(faulty.filter((at) => at < batch.count))
  const half = batch.count / 2
  const parts: Batch[] = []
  let place = 0
  let kind: boolean | undefined
  batch.walk((record, waiter, id) => {
    const failed = named.has(place)
    const isSecondHalf = named.size === 0 && place >= half
    const next = named.size === 0 ? isSecondHalf : failed
    if (next !== kind) {
      const part = new Batch()
      part.closed = true
      part.sinceMs = batch.sinceMs
      if (failed) part.failure = failure
      parts.push(part)
      kind = next
    }
    const headersFrom = record.headersAt - varintBytes(record.headerCount)
    const headers = { buffer: record.buffer.subarray(headersFrom, record.end), end: record.end - headersFrom }
    const { buffer, keyAt, keyLength, valueAt, valueLength } = record
    ;(parts.at(-1) as Batch).append(record.timeMs, buffer.subarray(keyAt, keyAt + keyLength), buffer, valueAt, valueAt + valueLength, headers, waiter, id)
    place++
  })
  return parts
}
