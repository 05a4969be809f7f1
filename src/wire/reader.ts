/** Reads Kafka's classic (non-flexible) primitives, big-endian. Every read past the end throws a RangeError. */
export class Reader {
  readonly buffer: Buffer
  at: number
  readonly end: number

  constructor (buffer: Buffer, at = 0, end = buffer.length) {
    this.buffer = buffer
    this.at = at
    this.end = end
  }

  get left (): number { return this.end - this.at }

  int8 (): number { return this.buffer.readInt8(this.skip(1)) }
  int16 (): number { return this.buffer.readInt16BE(this.skip(2)) }
  int32 (): number { return this.buffer.readInt32BE(this.skip(4)) }
  bigint64 (): bigint { return this.buffer.readBigInt64BE(this.skip(8)) }
  boolean (): boolean { return this.int8() !== 0 }

  /** A number is exact up to 2^53, which no offset and no time in ms reaches. */
  int64 (): number {
    const at = this.skip(8)
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4)
  }

  nullableString (): string | null {
    const length = this.int16()
    if (length < 0) return null
    const from = this.skip(length)
    return this.buffer.toString('utf8', from, from + length)
  }

  /** A null string reads as the empty one. */
  string (): string { return this.nullableString() ?? '' }

  /** A view of the bytes, not a copy; null bytes read as none. */
  bytes (): Buffer {
    const length = Math.max(0, this.int32())
    const from = this.skip(length)
    return this.buffer.subarray(from, from + length)
  }

  /** A null array reads as undefined, so that callers tell "all" from "none". */
  nullableArray<T> (item: (reader: this) => T): T[] | undefined {
    const length = this.int32()
    if (length < 0) return undefined
    if (length > this.left) throw new RangeError(`array of ${length} items in ${this.left} bytes`)
    const items: T[] = []
    for (let n = 0; n < length; n++) items.push(item(this))
    return items
  }

  array<T> (item: (reader: this) => T): T[] { return this.nullableArray(item) ?? [] }

  /** Moves over `size` bytes and returns where they began. */
  skip (size: number): number {
    const from = this.at
    if (size < 0 || from + size > this.end) throw new RangeError(`${size} bytes wanted, ${this.left} left`)
    this.at = from + size
    return from
  }
}
