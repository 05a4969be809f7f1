import {
  ATTRIBUTES, BASE_SEQUENCE, BASE_TIMESTAMP, BATCH_HEADER_BYTES, BATCH_LENGTH, COMPRESSION_MASK, COUNT, CRC, LENGTH_PREFIX, LOG_APPEND_TIME_BIT,
  MAX_TIMESTAMP, PRODUCER_EPOCH, PRODUCER_ID, readInt64, writeInt64
} from '../wire/batch.ts'
import { decompress } from '../wire/compression.ts'
import { crc32c } from '../wire/crc32c.ts'
import { RecordView, walkRecords } from '../wire/record-view.ts'
import { readHeader } from './batch.ts'

const view = new RecordView()

/**
 * What stays of these batches, which lie in the order of the log: the last record of each key, at its own offset. A last
 * record without value (a tombstone) stays only if it is as late as `tombstonesFromMs`.
 *
 * Simplified: transactional batches are left as they are, and what they hold replaces nothing. Kafka counts a tombstone's
 * time from the first cleaning that met it; here it counts from the record's own time. The producer's identity goes, so a
 * broker that starts again on the cleaned log does not take a sequence for the producer's last.
 */
export function compact (batches: readonly Buffer[], tombstonesFromMs: number): Buffer[] {
  const last = new Map<string, number>()
  for (const batch of batches) walk(batch, (record) => last.set(record.asciiKey(), record.offset))
  return batches.flatMap((batch) => {
    const kept: Buffer[] = []
    const known = walk(batch, (record, bytes) => {
      const isLast = last.get(record.asciiKey()) === record.offset
      if (isLast && (record.valueLength >= 0 || record.timeMs >= tombstonesFromMs)) kept.push(bytes)
    })
    if (!known) return [batch]
    return kept.length === 0 ? [] : [rebuilt(batch, kept)]
  })
}

/** Whether any record has no key, which a compacted topic does not take. */
export function lacksKey (batch: Buffer): boolean {
  let lacks = false
  walk(batch, (record) => { if (record.keyLength < 0) lacks = true })
  return lacks
}

/** Shows each record and its bytes. Returns false for a batch that is to be left alone: a transaction's, or one that cannot be read. */
function walk (batch: Buffer, see: (record: RecordView, bytes: Buffer) => void): boolean {
  const { base, count, attributes, transactional } = readHeader(batch)
  if (transactional) return false
  try {
    const records = decompress(attributes & COMPRESSION_MASK, batch.subarray(BATCH_HEADER_BYTES))
    const stamped = (attributes & LOG_APPEND_TIME_BIT) !== 0
    const baseMs = readInt64(batch, stamped ? MAX_TIMESTAMP : BASE_TIMESTAMP)
    let at = 0
    walkRecords(view, records, 0, records.length, count, base, baseMs, 0, (record) => {
      see(record, records.subarray(at, record.end))
      at = record.end
    })
    return true
  } catch {
    return false
  }
}

/** The batch with these records only, uncompressed; it still spans the offsets that it did. */
function rebuilt (batch: Buffer, records: Buffer[]): Buffer {
  const whole = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), ...records])
  whole.writeInt32BE(whole.length - LENGTH_PREFIX, BATCH_LENGTH)
  whole.writeInt16BE(whole.readInt16BE(ATTRIBUTES) & ~COMPRESSION_MASK, ATTRIBUTES)
  writeInt64(whole, -1, PRODUCER_ID)
  whole.writeInt16BE(-1, PRODUCER_EPOCH)
  whole.writeInt32BE(-1, BASE_SEQUENCE)
  whole.writeInt32BE(records.length, COUNT)
  whole.writeUInt32BE(crc32c(whole, ATTRIBUTES, whole.length), CRC)
  return whole
}
