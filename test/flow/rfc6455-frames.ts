import { randomBytes } from 'node:crypto'

export interface FrameOptions {
  fin?: boolean
  /** The three reserved bits. */
  rsv?: number
  masked?: boolean
  /** In how many bits its length is written; without it, the fewest. */
  form?: 7 | 16 | 64
  /** What it says its length is, where that is not so. */
  length?: number
  mask?: Buffer
}

/** A frame after section 5.2, right or wrong. */
export function frame (opcode: number, payload: Buffer | string = '', { fin = true, rsv = 0, masked = true, form, length, mask = randomBytes(4) }: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload as string)
  const told = length ?? body.length
  const bits = form ?? (told < 126 ? 7 : told < 65_536 ? 16 : 64)
  const head = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | rsv << 4 | opcode
  head[1] = (masked ? 0x80 : 0) | (bits === 7 ? told : bits === 16 ? 126 : 127)
  if (bits === 16) head.writeUInt16BE(told, 2)
  if (bits === 64) head.writeBigUInt64BE(BigInt(told), 2)
  return masked ? Buffer.concat([head, mask, body.map((byte, i) => byte ^ (mask[i & 3] as number))]) : Buffer.concat([head, body])
}
