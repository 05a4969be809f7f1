/**
 * Fields of a RecordBatch v2 header, by their place in the batch.
 *
 *   baseOffset int64 · batchLength int32 · partitionLeaderEpoch int32 · magic int8 · crc uint32 · attributes int16
 *   lastOffsetDelta int32 · baseTimestamp int64 · maxTimestamp int64 · producerId int64 · producerEpoch int16
 *   baseSequence int32 · count int32 · records
 *
 * batchLength counts what follows it. The CRC-32C covers everything from the attributes on, so a broker stamps the base
 * offset and the leader epoch without touching it.
 */
export const BATCH_HEADER_BYTES = 61
export const BASE_OFFSET = 0
export const BATCH_LENGTH = 8
export const LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const COUNT = 57

/** What precedes the bytes that batchLength counts. */
export const LENGTH_PREFIX = 12

export const COMPRESSION_MASK = 0b0000_0111
export const LOG_APPEND_TIME_BIT = 0b0000_1000
export const TRANSACTIONAL_BIT = 0b0001_0000
export const CONTROL_BIT = 0b0010_0000

/** An int64 as a number: exact up to 2^53, which no offset and no time in ms reaches. */
export function readInt64 (buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4)
}

export function writeInt64 (buffer: Buffer, value: number, at: number): void {
  buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  buffer.writeUInt32BE(value >>> 0, at + 4)
}

/** The whole size in bytes of the batch that begins at `at`. */
export function batchBytes (buffer: Buffer, at: number): number {
  return LENGTH_PREFIX + buffer.readInt32BE(at + BATCH_LENGTH)
}
