/** WebSocket frames as a client has to write them, and each way in which it must not. */

import type { Random } from '../../ledger/random.ts'
import { blind } from '../mutate.ts'
import { message } from './messages.ts'

const OPCODES = [1, 1, 1, 1, 1, 1, 2, 2, 0, 8, 9, 9, 10]
const MAX_FRAMES = 8
const CODES = [0, 999, 1000, 1001, 1002, 1004, 1005, 1006, 1007, 1011, 1015, 1016, 2999, 3000, 3999, 4000, 4999, 5000, 65_535]
const LENGTHS = [0, 1, 125, 126, 127, 128, 4096, 65_535, 65_536, 65_537, 70_000]
/** Cut short, overlong, of a surrogate, beyond the last character, and bytes that never are. */
const NOT_UTF8 = ['c3', 'e282', 'f09f98', 'c080', 'e08080', 'eda080', 'f4908080', 'ff', 'fe', '80', 'c328'].map((hex) => Buffer.from(hex, 'hex'))

export function frames (random: Random, text = message): Buffer {
  const all: Buffer[] = []
  for (let left = random.int(1, MAX_FRAMES); left > 0; left--) {
    if (random.chance(0.15)) all.push(...fragmented(random, text))
    else all.push(frame(random, random.chance(0.93) ? random.pick(OPCODES) : random.int(0, 15), text))
  }
  return Buffer.concat(all)
}

function frame (random: Random, opcode: number, text: (random: Random) => string): Buffer {
  return encode(random, { opcode, fin: random.chance(0.97), rsv: random.chance(0.97) ? 0 : random.int(1, 7), payload: payload(random, opcode, text) })
}

/** One message in pieces, which may be cut within a character, with control frames between them. */
function fragmented (random: Random, text: (random: Random) => string): Buffer[] {
  const opcode = random.pick([1, 1, 2])
  const whole = payload(random, opcode, text)
  const pieces: Buffer[] = []
  for (let at = 0, first = true; first || at < whole.length; first = false) {
    const to = Math.min(whole.length, at + random.int(0, Math.max(1, whole.length >> 1)))
    const isLast = to === whole.length || pieces.length > 80
    pieces.push(encode(random, { opcode: first ? opcode : 0, fin: isLast && random.chance(0.95), rsv: 0, payload: whole.subarray(at, to) }))
    if (random.chance(0.3)) pieces.push(frame(random, random.pick([9, 10, 10, 8]), text))
    if (isLast) break
    at = to
  }
  return pieces
}

function payload (random: Random, opcode: number, text: (random: Random) => string): Buffer {
  if (random.chance(0.04)) return Buffer.alloc(random.pick(LENGTHS), 'x')
  if (opcode === 8) return closing(random)
  if (opcode >= 8) return blind(random).subarray(0, random.chance(0.95) ? 125 : 200)
  if (random.chance(0.1)) return blind(random)
  const bytes = Buffer.from(text(random))
  if (random.chance(0.92)) return bytes
  const at = random.int(0, bytes.length)
  return Buffer.concat([bytes.subarray(0, at), random.pick(NOT_UTF8), bytes.subarray(at)])
}

function closing (random: Random): Buffer {
  if (random.chance(0.2)) return blind(random).subarray(0, random.int(0, 2))
  const code = random.pick(CODES)
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), random.chance(0.1) ? random.pick(NOT_UTF8) : Buffer.from('bye'.repeat(random.int(0, 42)))])
}

interface Made { opcode: number, fin: boolean, rsv: number, payload: Buffer }

/** Masked, and its length in the shortest form, mostly. A mask of zeros leaves what is said readable. */
function encode (random: Random, { opcode, fin, rsv, payload }: Made): Buffer {
  const told = random.chance(0.97) ? payload.length : random.pick(LENGTHS)
  const masked = random.chance(0.97)
  const head = Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | rsv << 4 | opcode]), lengthOf(random, told, masked ? 0x80 : 0)])
  if (!masked) return Buffer.concat([head, payload])
  const key = random.chance(0.5) ? Buffer.alloc(4) : Buffer.from(Array.from({ length: 4 }, () => random.int(0, 255)))
  const body = Buffer.from(payload)
  for (let i = 0; i < body.length; i++) body[i] = (body[i] as number) ^ (key[i & 3] as number)
  return Buffer.concat([head, key, body])
}

function lengthOf (random: Random, length: number, mask: number): Buffer {
  const shortest = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const bytes = random.chance(0.95) ? shortest : Math.max(shortest, random.pick([2, 8]))
  if (bytes === 0) return Buffer.from([mask | length])
  const long = Buffer.alloc(1 + bytes)
  long[0] = mask | (bytes === 2 ? 126 : 127)
  long.writeUIntBE(length, bytes === 2 ? 1 : 3, bytes === 2 ? 2 : 6)
  if (bytes === 8 && random.chance(0.05)) long[1] = random.pick([0x80, 0x7f, 1])
  return long
}
