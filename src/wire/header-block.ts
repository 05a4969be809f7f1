import { varintBytes, writeVarint } from './varint.ts'

const COUNT_BYTES = 1
const MAX_HEADERS = 63 // the count stays a one-byte varint

/** A header's name, encoded once for all records that carry it. */
export function headerName (name: string): Buffer {
  return lengthPrefixed(Buffer.from(name))
}

/** The headers of one record as they stand in a batch; written, appended, cleared and used again. */
export class HeaderBlock {
  #buffer = Buffer.allocUnsafeSlow(512)
  #count = 0
  #end = COUNT_BYTES

  constructor () {
    this.clear()
  }

  /** The encoded block lies in `buffer[0, end)`. */
  get buffer (): Buffer { return this.#buffer }
  get end (): number { return this.#end }

  clear (): this {
    this.#count = 0
    this.#end = COUNT_BYTES
    this.#buffer[0] = 0
    return this
  }

  /** Takes a name made by `headerName`. */
  add (name: Buffer, value: string): this {
    if (this.#count === MAX_HEADERS) throw new RangeError(`a record has at most ${MAX_HEADERS} headers`)
    const length = Buffer.byteLength(value)
    this.#makeRoom(name.length + varintBytes(length) + length)
    this.#end += name.copy(this.#buffer, this.#end)
    this.#end = writeVarint(this.#buffer, length, this.#end)
    this.#end += this.#buffer.write(value, this.#end)
    this.#count += 1
    writeVarint(this.#buffer, this.#count, 0)
    return this
  }

  #makeRoom (bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#end + bytes, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}

function lengthPrefixed (bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(varintBytes(bytes.length))
  writeVarint(prefix, bytes.length, 0)
  return Buffer.concat([prefix, bytes])
}
