import { crc32c } from '../../src/wire/crc32c.ts'

export interface BatchOptions {
  readonly values?: Array<string | null>
  /** None has a key without it. */
  readonly keys?: string[]
  readonly times?: number[]
  readonly producerId?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly attributes?: number
  readonly baseOffset?: number
  readonly magic?: number
  /** What the header says, where that is not what is so. */
  readonly count?: number
  /** The records as they are, for instance compressed. */
  readonly body?: Buffer
}

export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20

/** A RecordBatch v2 by the book, written apart from the broker's own code so that the two hold each other. */
export function batch (options: BatchOptions = {}): Buffer {
  const { values = ['value'], keys = [], producerId = -1, epoch = -1, sequence = -1, attributes = 0, baseOffset = 0, magic = 2 } = options
  const times = options.times ?? values.map(() => Date.now())
  const count = options.count ?? values.length
  const base = times[0] ?? 0
  const body = options.body ?? Buffer.concat(values.map((value, n) => record(keys[n], value, (times[n] ?? base) - base, n)))
  const header = Buffer.alloc(61)
  header.writeBigInt64BE(BigInt(baseOffset), 0)
  header.writeInt32BE(49 + body.length, 8)
  header.writeInt32BE(-1, 12)
  header.writeInt8(magic, 16)
  header.writeInt16BE(attributes, 21)
  header.writeInt32BE(count - 1, 23)
  header.writeBigInt64BE(BigInt(base), 27)
  header.writeBigInt64BE(BigInt(Math.max(...times)), 35)
  header.writeBigInt64BE(BigInt(producerId), 43)
  header.writeInt16BE(epoch, 51)
  header.writeInt32BE(sequence, 53)
  header.writeInt32BE(values.length, 57)
  const whole = Buffer.concat([header, body])
  whole.writeUInt32BE(crc32c(whole, 21, whole.length), 17)
  return whole
}

function record (key: string | undefined, value: string | null, timeDelta: number, offsetDelta: number): Buffer {
  const body = Buffer.concat([Buffer.from([0]), varint(timeDelta), varint(offsetDelta), sized(key ?? null), sized(value), varint(0)])
  return Buffer.concat([varint(body.length), body])
}

function sized (text: string | null): Buffer {
  if (text === null) return varint(-1)
  const bytes = Buffer.from(text)
  return Buffer.concat([varint(bytes.length), bytes])
}

function varint (value: number): Buffer {
  const bytes: number[] = []
  let rest = (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}
