/**
 * One record of a batch, as places in a buffer. The walk hands on the same view for every record: who wants to keep
 * something copies it out. A length of -1 means null.
 */
export class RecordView {
  buffer: Buffer = Buffer.alloc(0)
  offset = 0
  timeMs = 0
  /** Of its batch: the latest time in it, and the epoch of the leader that took it. */
  batchMs = 0
  epoch = -1
  keyAt = 0
  keyLength = -1
  valueAt = 0
  valueLength = -1
  headerCount = 0
  headersAt = 0
  end = 0

  /** The key read as one byte a character: what it takes to look an ASCII id up, and no more. */
  asciiKey (): string { return this.buffer.toString('latin1', this.keyAt, this.keyAt + this.keyLength) }

  key (): Buffer | null {
    return this.keyLength < 0 ? null : this.buffer.subarray(this.keyAt, this.keyAt + this.keyLength)
  }

  /** A view of the value's bytes. */
  value (): Buffer | null {
    return this.valueLength < 0 ? null : this.buffer.subarray(this.valueAt, this.valueAt + this.valueLength)
  }

  /** The last header of that name, as text. Throws a RangeError if the headers are malformed. */
  header (name: string): string | undefined {
    let found: string | undefined
    for (const [key, value] of this.headers()) if (key === name && value !== null) found = value.toString()
    return found
  }

  * headers (): Generator<[string, Buffer | null]> {
    cursor = this.headersAt
    for (let n = 0; n < this.headerCount; n++) {
      const name = take(this.buffer, this.end)
      const value = take(this.buffer, this.end)
      if (name === null) throw new RangeError('a header has no name')
      const resumeAt = cursor
      yield [name.toString(), value]
      cursor = resumeAt
    }
  }
}

let cursor = 0

function take (buffer: Buffer, end: number): Buffer | null {
  const length = varint(buffer)
  const from = cursor
  cursor += Math.max(0, length)
  if (cursor > end) throw new RangeError('a header is longer than its record')
  return length < 0 ? null : buffer.subarray(from, cursor)
}

function varint (buffer: Buffer): number {
  let byte = buffer[cursor++] as number
  if (byte < 0x80) return byte >>> 1 ^ -(byte & 1)
  let zigzag = byte & 0x7f
  for (let shift = 7; shift <= 28; shift += 7) {
    byte = buffer[cursor++] as number
    zigzag |= (byte & 0x7f) << shift
    if (byte < 0x80) return zigzag >>> 1 ^ -(zigzag & 1)
  }
  throw new RangeError('a varint is longer than five bytes')
}

/** A varlong as a number; exact up to 2^53. */
function varlong (buffer: Buffer): number {
  let scale = 1
  let zigzag = 0
  for (let n = 0; n < 10; n++) {
    const byte = buffer[cursor++] as number
    zigzag += (byte & 0x7f) * scale
    if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    scale *= 128
  }
  throw new RangeError('a varlong is longer than ten bytes')
}

/**
 * Walks `count` records that lie in `buffer[from, to)` and hands each whose offset is `wanted` or later to `sink`.
 * Throws a RangeError at the first record that cannot be read; those before it have been handed on.
 */
export function walkRecords (
  view: RecordView, buffer: Buffer, from: number, to: number, count: number, baseOffset: number, baseMs: number,
  wanted: number, sink: (record: RecordView) => void
): void {
  view.buffer = buffer
  let at = from
  for (let n = 0; n < count; n++) {
    cursor = at
    const length = varint(buffer)
    const end = cursor + length
    if (!(length > 0 && end <= to)) throw new RangeError('a record is longer than its batch')
    at = end
    cursor += 1 // attributes
    const first = buffer[cursor] as number
    view.timeMs = first < 0x80 ? (cursor++, baseMs + (first >>> 1 ^ -(first & 1))) : baseMs + varlong(buffer)
    view.offset = baseOffset + varint(buffer)
    view.keyLength = varint(buffer)
    view.keyAt = cursor
    if (view.keyLength > 0) cursor += view.keyLength
    view.valueLength = varint(buffer)
    view.valueAt = cursor
    if (view.valueLength > 0) cursor += view.valueLength
    view.headerCount = varint(buffer)
    view.headersAt = cursor
    view.end = end
    if (!(cursor <= end)) throw new RangeError('a field is longer than its record')
    if (view.offset >= wanted) sink(view)
  }
}

/** The type of a control batch's marker: its record's key is version int16 · type int16 (0 abort, 1 commit). */
export function isAbortMarker (buffer: Buffer, from: number, to: number): boolean {
  let abort = false
  walkRecords(new RecordView(), buffer, from, to, 1, 0, 0, 0, (record) => {
    abort = record.keyLength >= 4 && buffer.readInt16BE(record.keyAt + 2) === 0
  })
  return abort
}
