import {
  BASE_SEQUENCE, BASE_TIMESTAMP, BATCH_HEADER_BYTES, BATCH_LENGTH, COUNT, CRC, ATTRIBUTES, LAST_OFFSET_DELTA, LENGTH_PREFIX,
  MAGIC, MAX_TIMESTAMP, PRODUCER_EPOCH, PRODUCER_ID, writeInt64
} from './batch.ts'
import { crc32c } from './crc32c.ts'
import type { EncodedHeaders } from './header-block.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts'

const INITIAL_BYTES = 4096
const LONGEST_VARINT = 5
const LONGEST_VARLONG = 10
/** After a burst a writer gives back what is larger. */
const KEPT_BYTES = 256 * 1024

/** Who writes a batch, for the broker to recognise a repeat. -1, -1, -1: not idempotent. */
export interface Producer { readonly id: bigint, readonly epoch: number }

/**
 * A RecordBatch v2 that each record is appended to as it arrives: no object per record, one copy of its bytes.
 *
 *   record: length varint · attributes int8 · timestampDelta varlong · offsetDelta varint
 *           keyLength varint · key · valueLength varint · value · headerCount varint · headers
 */
export class BatchWriter {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #end = BATCH_HEADER_BYTES
  #count = 0
  #firstMs = 0
  #maxMs = 0

  /** Records so far. */
  get count (): number { return this.#count }

  /** Bytes of the batch so far, its header included. */
  get bytes (): number { return this.#end }

  /** An upper bound of what a record adds to `bytes`. */
  static recordBytes (key: Buffer, valueBytes: number, headers: EncodedHeaders): number {
    return 4 * LONGEST_VARINT + LONGEST_VARLONG + 1 + key.length + valueBytes + headers.end
  }

  /** Appends one record, its value being `source[from, to)`, or null where `to` is `from - 1`. Everything is copied. */
  append (timeMs: number, key: Buffer, source: Buffer, from: number, to: number, headers: EncodedHeaders): void {
    if (this.#count === 0) this.#firstMs = this.#maxMs = timeMs
    else if (timeMs > this.#maxMs) this.#maxMs = timeMs
    const timeDelta = timeMs - this.#firstMs
    const valueBytes = to - from
    const size = 1 + varlongBytes(timeDelta) + varintBytes(this.#count) + varintBytes(key.length) + key.length +
      varintBytes(valueBytes) + Math.max(0, valueBytes) + headers.end
    if (this.#end + size + LONGEST_VARINT > this.#buffer.length) this.#grow(this.#end + size + LONGEST_VARINT)

    const buffer = this.#buffer
    let at = writeVarint(buffer, size, this.#end)
    buffer[at++] = 0
    at = writeVarlong(buffer, timeDelta, at) // a clock that is set may jump by years
    at = writeVarint(buffer, this.#count, at)
    at = copy(key, 0, key.length, buffer, writeVarint(buffer, key.length, at))
    at = copy(source, from, to, buffer, writeVarint(buffer, valueBytes, at))
    this.#end = copy(headers.buffer, 0, headers.end, buffer, at)
    this.#count += 1
  }

  /** Fills in the header. The batch is a view, valid until `clear`; sealing again, say in a new epoch, changes it in place. */
  seal (producer: Producer, sequence: number): Buffer {
    const buffer = this.#buffer
    buffer.fill(0, 0, BATCH_HEADER_BYTES)
    buffer[MAGIC] = 2
    buffer.writeInt32BE(this.#end - LENGTH_PREFIX, BATCH_LENGTH)
    buffer.writeInt32BE(this.#count - 1, LAST_OFFSET_DELTA)
    writeInt64(buffer, this.#firstMs, BASE_TIMESTAMP)
    writeInt64(buffer, this.#maxMs, MAX_TIMESTAMP)
    buffer.writeBigInt64BE(producer.id, PRODUCER_ID)
    buffer.writeInt16BE(producer.epoch, PRODUCER_EPOCH)
    buffer.writeInt32BE(sequence, BASE_SEQUENCE)
    buffer.writeInt32BE(this.#count, COUNT)
    buffer.writeUInt32BE(crc32c(buffer, ATTRIBUTES, this.#end), CRC)
    return buffer.subarray(0, this.#end)
  }

  clear (): void {
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
    this.#end = BATCH_HEADER_BYTES
    this.#count = 0
  }

  #grow (needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}

/** A loop is quicker than the call for a key; the call is quicker from some 32 bytes on. */
function copy (source: Uint8Array, from: number, to: number, target: Buffer, at: number): number {
  if (to - from > 32) {
    target.set(from === 0 && to === source.length ? source : source.subarray(from, to), at)
    return at + to - from
  }
  for (let i = from; i < to; i++) target[at++] = source[i] as number
  return at
}
