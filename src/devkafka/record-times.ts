import { BASE_TIMESTAMP, BATCH_HEADER_BYTES, COMPRESSION_MASK, COUNT, readInt64 } from '../wire/batch.ts'
import { readHeader } from './batch.ts'

export interface TimedRecord { readonly timestamp: number, readonly offset: number }

/** The first record of a batch, from offset `start` on, that is as late as this; in a compressed one, its first record. */
export function firstSince (batch: Buffer, timestamp: number, start: number): TimedRecord | undefined {
  const { base, attributes, maxTimestamp } = readHeader(batch)
  if ((attributes & COMPRESSION_MASK) !== 0) return { timestamp: maxTimestamp, offset: Math.max(base, start) }
  const baseTimestamp = readInt64(batch, BASE_TIMESTAMP)
  const at = { place: BATCH_HEADER_BYTES }
  for (let left = batch.readInt32BE(COUNT); left > 0; left--) {
    const end = varint(batch, at) + at.place
    at.place += 1 // attributes
    const found = { timestamp: baseTimestamp + varint(batch, at), offset: base + varint(batch, at) }
    if (found.timestamp >= timestamp && found.offset >= start) return found
    at.place = end
  }
  return undefined
}

/** A zigzag varint. Deltas of time may be longer than 32 bits, so it is reckoned without bit operations. */
function varint (bytes: Buffer, at: { place: number }): number {
  let value = 0
  let scale = 1
  let byte: number
  do {
    byte = bytes.readUInt8(at.place++)
    value += (byte & 0x7f) * scale
    scale *= 128
  } while (byte >= 0x80)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
