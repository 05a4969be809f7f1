import { varintBytes, writeVarint } from './varint.ts'

const COUNT_BYTES = 1
const MAX_HEADERS = 63 // the count stays a one-byte varint
const ONE_BYTE_LENGTH = 64
const MAX_INT32 = 0x7fff_ffff
const MAX_DIGITS = 10
const COLON = 0x3a
const ZERO = 0x30

/** A header's name, encoded once for all records that carry it. */
export function headerName (name: string): Buffer {
  return lengthPrefixed(Buffer.from(name))
}

/** The headers of one record as they stand in a batch, count and all, in `buffer[0, end)`. */
export interface EncodedHeaders { readonly buffer: Buffer, readonly end: number }

/** Encodes headers; written, appended, cleared and used again. */
export class HeaderBlock implements EncodedHeaders {
  #buffer = Buffer.allocUnsafeSlow(512)
  #count = 0
  #end = COUNT_BYTES

  constructor () {
    this.clear()
  }

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

  /** A header whose value is `scope:id`, the scope in ASCII; what every record carries, so it is written without a string of its own. */
  addId (name: Buffer, scope: string, id: number): this {
    if (id > MAX_INT32 || scope.length + 1 + MAX_DIGITS >= ONE_BYTE_LENGTH) return this.add(name, `${scope}:${id}`)
    this.#makeRoom(name.length + ONE_BYTE_LENGTH)
    const buffer = this.#buffer
    let at = this.#end + name.copy(buffer, this.#end)
    const lengthAt = at++
    for (let i = 0; i < scope.length; i++) buffer[at++] = scope.charCodeAt(i)
    buffer[at++] = COLON
    let digits = 1
    for (let power = 10; power <= id; power *= 10) digits++
    const end = at + digits
    for (let rest = id, place = end - 1; place >= at; place--) {
      const quotient = (rest / 10) | 0
      buffer[place] = ZERO + rest - quotient * 10
      rest = quotient
    }
    writeVarint(buffer, end - lengthAt - 1, lengthAt)
    this.#end = end
    this.#count += 1
    writeVarint(buffer, this.#count, 0)
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
