import {
  ATTRIBUTES, BASE_OFFSET, BASE_SEQUENCE, BATCH_HEADER_BYTES, batchBytes, CONTROL_BIT, COUNT, CRC, LAST_OFFSET_DELTA, LEADER_EPOCH,
  MAGIC, MAX_TIMESTAMP, PRODUCER_EPOCH, PRODUCER_ID, readInt64, TRANSACTIONAL_BIT, writeInt64
} from '../wire/batch.ts'
import { crc32c } from '../wire/crc32c.ts'
import { ErrorCode } from '../wire/errors.ts'

/** What the broker reads of a RecordBatch; the records themselves stay opaque to it. */
export interface BatchHeader {
  readonly base: number
  /** The offset after its last record. */
  readonly next: number
  readonly count: number
  readonly maxTimestamp: number
  readonly attributes: number
  readonly transactional: boolean
  readonly control: boolean
  /** -1 where the producer is not idempotent. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

export function readHeader (batch: Buffer): BatchHeader {
  const base = readInt64(batch, BASE_OFFSET)
  const attributes = batch.readInt16BE(ATTRIBUTES)
  return {
    base,
    next: base + batch.readInt32BE(LAST_OFFSET_DELTA) + 1,
    count: batch.readInt32BE(COUNT),
    maxTimestamp: readInt64(batch, MAX_TIMESTAMP),
    attributes,
    transactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    control: (attributes & CONTROL_BIT) !== 0,
    producerId: readInt64(batch, PRODUCER_ID),
    producerEpoch: batch.readInt16BE(PRODUCER_EPOCH),
    baseSequence: batch.readInt32BE(BASE_SEQUENCE)
  }
}

/** Puts the batch at its place in the log. The CRC does not cover either field. */
export function stamp (batch: Buffer, base: number): void {
  writeInt64(batch, base, BASE_OFFSET)
  batch.writeInt32BE(0, LEADER_EPOCH)
}

/** The length of the whole and undamaged batch that begins at `at`, or 0. */
export function soundBytes (buffer: Buffer, at: number): number {
  if (buffer.length - at < BATCH_HEADER_BYTES) return 0
  const bytes = batchBytes(buffer, at)
  if (bytes < BATCH_HEADER_BYTES || at + bytes > buffer.length || buffer.readInt8(at + MAGIC) !== 2) return 0
  return crc32c(buffer, at + ATTRIBUTES, at + bytes) === buffer.readUInt32BE(at + CRC) ? bytes : 0
}

/** What Kafka holds against the records of a Produce request: they must be exactly one sound batch of a client. */
export function faultOf (records: Buffer, maxBytes: number): number {
  if (records.length < BATCH_HEADER_BYTES || batchBytes(records, 0) !== records.length) return ErrorCode.INVALID_RECORD
  if (records.readInt8(MAGIC) !== 2) return ErrorCode.INVALID_RECORD
  if (records.length > maxBytes) return ErrorCode.MESSAGE_TOO_LARGE
  if (soundBytes(records, 0) === 0) return ErrorCode.CORRUPT_MESSAGE
  const { base, next, count, control } = readHeader(records)
  return base !== 0 || count < 1 || next !== count || control ? ErrorCode.INVALID_RECORD : ErrorCode.NONE
}
