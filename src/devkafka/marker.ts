import {
  ATTRIBUTES, BASE_SEQUENCE, BASE_TIMESTAMP, BATCH_HEADER_BYTES, BATCH_LENGTH, CONTROL_BIT, COUNT, CRC, LENGTH_PREFIX, MAGIC,
  MAX_TIMESTAMP, PRODUCER_EPOCH, PRODUCER_ID, TRANSACTIONAL_BIT, writeInt64
} from '../wire/batch.ts'
import { crc32c } from '../wire/crc32c.ts'

/** length 16, attributes, time and offset deltas 0, key of 4 bytes (version, type), value of 6 (version, coordinator epoch), no headers */
const RECORD = [32, 0, 0, 0, 8, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0]
const TYPE = BATCH_HEADER_BYTES + 8

/** The control batch that ends a transaction in a partition. */
export function marker (producerId: number, producerEpoch: number, commit: boolean, now: number): Buffer {
  const batch = Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), Buffer.from(RECORD)])
  batch.writeInt32BE(batch.length - LENGTH_PREFIX, BATCH_LENGTH)
  batch.writeInt8(2, MAGIC)
  batch.writeInt16BE(TRANSACTIONAL_BIT | CONTROL_BIT, ATTRIBUTES)
  writeInt64(batch, now, BASE_TIMESTAMP)
  writeInt64(batch, now, MAX_TIMESTAMP)
  writeInt64(batch, producerId, PRODUCER_ID)
  batch.writeInt16BE(producerEpoch, PRODUCER_EPOCH)
  batch.writeInt32BE(-1, BASE_SEQUENCE)
  batch.writeInt32BE(1, COUNT)
  batch.writeInt8(commit ? 1 : 0, TYPE)
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES, batch.length), CRC)
  return batch
}

export function isAbort (batch: Buffer): boolean {
  return batch.readInt8(TYPE) === 0
}
