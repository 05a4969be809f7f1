import {
  ATTRIBUTES, BASE_OFFSET, BASE_TIMESTAMP, BATCH_HEADER_BYTES, batchBytes, COMPRESSION_MASK, CONTROL_BIT, COUNT, CRC, LAST_OFFSET_DELTA,
  LEADER_EPOCH, LOG_APPEND_TIME_BIT, MAGIC, MAX_TIMESTAMP, PRODUCER_ID, readInt64, TRANSACTIONAL_BIT
} from './batch.ts'
import { decompress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { isAbortMarker, RecordView, walkRecords } from './record-view.ts'

/** A transaction that was aborted: its records, from `firstOffset` to the abort marker, are not to be read. */
export interface Aborted { readonly producerId: bigint, readonly firstOffset: number }

export interface BatchSink {
  /** Called before the records of each batch that reaches `wanted`; False ends the walk before the batch. */
  batch?: (base: number, last: number, batchMs: number, epoch: number) => boolean
  /** The view is valid during the call only. */
  record: (record: RecordView) => void
  /** Records in [from, to] could not be read. */
  undecodable: (from: number, to: number, reason: string) => void
}

const view = new RecordView()

/**
 * Walks the batches in `buffer[at, end)`, a partition's part of a Fetch answer or of a file: records from `wanted` on go to
 * `sink`, control batches and aborted transactions are skipped, what cannot be decoded is told and passed over. A batch that
 * is cut off at the end is left alone, as brokers cut answers at a size.
 *
 * @param from what was asked of Kafka, where that was before `wanted`: what lies between was walked before
 * @returns the offset behind the last whole batch, or `wanted` if there was none
 */
export function walkBatches (
  buffer: Buffer, at: number, end: number, wanted: number, aborted: readonly Aborted[], sink: BatchSink, from = wanted
): number {
  let next = wanted
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<bigint>()
  for (let batchEnd = wholeBatch(buffer, at, end); batchEnd > 0; at = batchEnd, batchEnd = wholeBatch(buffer, at, end)) {
    const base = readInt64(buffer, at + BASE_OFFSET)
    let last = base + buffer.readInt32BE(at + LAST_OFFSET_DELTA)
    const wasWalked = last < wanted && last >= Math.max(from, base)
    if (wasWalked && aborted.length === 0) continue
    if (last >= wanted && sink.batch?.(base, last, batchTime(buffer, at), buffer.readInt32BE(at + LEADER_EPOCH)) === false) break
    try {
      if (wasWalked) { // its marker may still end an aborted transaction
        isAborted(buffer, at, batchEnd, last, pending, aborting)
        continue
      }
      check(buffer, at, batchEnd)
      if (!(aborted.length > 0 && isAborted(buffer, at, batchEnd, last, pending, aborting)) && last >= wanted) walkBatch(buffer, at, batchEnd, base, wanted, sink)
    } catch (error) {
      if (wasWalked) continue // it was told then
      last = Math.max(last, base, next) // whatever a broken batch says of itself, the reading goes on behind it
      sink.undecodable(base, last, (error as Error).message)
    }
    if (last >= wanted) next = last + 1
  }
  return next
}

/** Where a walk of these batches would come to, by their headers alone. */
export function batchesEnd (buffer: Buffer, at: number, end: number, wanted: number): number {
  let next = wanted
  for (let batchEnd = wholeBatch(buffer, at, end); batchEnd > 0; at = batchEnd, batchEnd = wholeBatch(buffer, at, end)) {
    const base = readInt64(buffer, at + BASE_OFFSET)
    const last = base + buffer.readInt32BE(at + LAST_OFFSET_DELTA)
    if (last >= wanted) next = Math.max(next, base, last) + 1
  }
  return next
}

/** Where the batch at `at` ends; 0 where none stands there whole. */
function wholeBatch (buffer: Buffer, at: number, end: number): number {
  if (end - at < BATCH_HEADER_BYTES) return 0
  const batchEnd = at + batchBytes(buffer, at)
  if (batchEnd > end) return 0
  if (batchEnd - at < BATCH_HEADER_BYTES) throw new RangeError('a record batch is shorter than its header')
  return batchEnd
}

/** Its latest time; 0 where its records have none, of which Kafka says -1. */
function batchTime (buffer: Buffer, at: number): number { return Math.max(0, readInt64(buffer, at + MAX_TIMESTAMP)) }

/** What tells the batch that `offset` lies in from another: its latest time, and its leader's epoch. Undefined where none of these is it. */
export function batchOf (buffer: Buffer, at: number, end: number, offset: number): { readonly batchMs: number, readonly epoch: number } | undefined {
  for (let batchEnd = wholeBatch(buffer, at, end); batchEnd > 0; at = batchEnd, batchEnd = wholeBatch(buffer, at, end)) {
    const last = readInt64(buffer, at + BASE_OFFSET) + buffer.readInt32BE(at + LAST_OFFSET_DELTA)
    if (last >= offset) return { batchMs: batchTime(buffer, at), epoch: buffer.readInt32BE(at + LEADER_EPOCH) }
  }
  return undefined
}

function check (buffer: Buffer, at: number, end: number): void {
  if (buffer[at + MAGIC] !== 2) throw new RangeError(`its format is version ${buffer[at + MAGIC]}; only version 2 is read`)
  if (crc32c(buffer, at + ATTRIBUTES, end) !== buffer.readUInt32BE(at + CRC)) throw new RangeError('its checksum does not match')
}

function walkBatch (buffer: Buffer, at: number, end: number, base: number, wanted: number, sink: BatchSink): void {
  const attributes = buffer.readInt16BE(at + ATTRIBUTES)
  if ((attributes & CONTROL_BIT) !== 0) return
  const count = buffer.readInt32BE(at + COUNT)
  const stamped = (attributes & LOG_APPEND_TIME_BIT) !== 0
  const baseMs = readInt64(buffer, at + (stamped ? MAX_TIMESTAMP : BASE_TIMESTAMP))
  const handOn = stamped ? (record: RecordView) => { record.timeMs = baseMs; sink.record(record) } : sink.record
  const codec = attributes & COMPRESSION_MASK
  view.batchMs = batchTime(buffer, at)
  view.epoch = buffer.readInt32BE(at + LEADER_EPOCH)
  if (codec === 0) walkRecords(view, buffer, at + BATCH_HEADER_BYTES, end, count, base, baseMs, wanted, handOn)
  else {
    const records = decompress(codec, buffer.subarray(at + BATCH_HEADER_BYTES, end))
    walkRecords(view, records, 0, records.length, count, base, baseMs, wanted, handOn)
  }
}

/** Follows the aborted transactions along the log: each begins at its first offset and ends with its abort marker. */
function isAborted (buffer: Buffer, at: number, end: number, last: number, pending: Aborted[], aborting: Set<bigint>): boolean {
  while (pending[0] !== undefined && pending[0].firstOffset <= last) aborting.add((pending.shift() as Aborted).producerId)
  const attributes = buffer.readInt16BE(at + ATTRIBUTES)
  if ((attributes & TRANSACTIONAL_BIT) === 0) return false
  const producerId = buffer.readBigInt64BE(at + PRODUCER_ID)
  if ((attributes & CONTROL_BIT) === 0) return aborting.has(producerId)
  if (isAbortMarker(buffer, at + BATCH_HEADER_BYTES, end)) aborting.delete(producerId)
  return true
}
