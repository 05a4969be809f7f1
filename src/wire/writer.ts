import { writeInt64 } from './batch.ts'

/** Writes Kafka's classic (non-flexible) primitives, big-endian, into one buffer that grows. */
export class Writer {
  #buffer: Buffer
  #at = 0

  constructor (initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafeSlow(initialBytes)
  }

  get length (): number { return this.#at }

  int8 (value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at)
    return this
  }

  int16 (value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at)
    return this
  }

  int32 (value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at)
    return this
  }

  /** Takes a safe integer. */
  int64 (value: number): this {
    this.#room(8)
    writeInt64(this.#buffer, value, this.#at)
    this.#at += 8
    return this
  }

  bigint64 (value: bigint): this {
    this.#at = this.#room(8).writeBigInt64BE(value, this.#at)
    return this
  }

  boolean (value: boolean): this { return this.int8(value ? 1 : 0) }

  string (value: string | null): this {
    if (value === null) return this.int16(-1)
    const length = Buffer.byteLength(value)
    this.int16(length).#room(length).write(value, this.#at)
    this.#at += length
    return this
  }

  bytes (value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).raw(value)
  }

  array<T> (items: Iterable<T>, item: (writer: this, value: T) => unknown): this {
    const lengthAt = this.#at
    this.int32(0)
    let length = 0
    for (const value of items) {
      item(this, value)
      length++
    }
    this.#buffer.writeInt32BE(length, lengthAt)
    return this
  }

  raw (value: Uint8Array): this {
    this.#room(value.length).set(value, this.#at)
    this.#at += value.length
    return this
  }

  /** A view of what was written; the writer is spent. */
  finish (): Buffer { return this.#buffer.subarray(0, this.#at) }

  #room (size: number): Buffer {
    const needed = this.#at + size
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, this.#at))
      this.#buffer = grown
    }
    return this.#buffer
  }
}
