import type { Random } from '../ledger/random.ts'

/** Bytes at which readers turn off: ends of ranges, and what has a meaning in JSON, HTTP, base64 or UTF-8. */
const ODD = Buffer.from('\x00\x01\x7e\x7f\x80\x81\xbf\xc0\xc3\xed\xf0\xf4\xfe\xff\r\n\t "\'\\/{}[]:,;.=-+_%&?#*@~0129eEtn', 'latin1')
const MAX_BYTES = 128 * 1024
const MAX_BLIND = 200

/** The input with one to four things wrong. */
export function mutate (input: Buffer, random: Random): Buffer {
  for (let times = random.int(1, 4); times > 0; times--) input = random.pick(ways)(input, random)
  return input.subarray(0, MAX_BYTES)
}

/** Bytes of no shape at all. */
export function blind (random: Random): Buffer {
  const bytes = Buffer.allocUnsafe(random.int(0, MAX_BLIND))
  const isOdd = random.chance(0.5)
  for (let i = 0; i < bytes.length; i++) bytes[i] = isOdd ? random.pick(ODD as unknown as number[]) : random.int(0, 255)
  return bytes
}

type Way = (input: Buffer, random: Random) => Buffer

const flip: Way = (input, random) => set(input, random, (byte) => byte ^ 1 << random.int(0, 7))
const odd: Way = (input, random) => set(input, random, () => random.pick(ODD as unknown as number[]))
const any: Way = (input, random) => set(input, random, () => random.int(0, 255))
const insert: Way = (input, random) => {
  const at = random.int(0, input.length)
  return Buffer.concat([input.subarray(0, at), Buffer.from(Array.from({ length: random.int(1, 4) }, () => random.pick(ODD as unknown as number[]))), input.subarray(at)])
}
const remove: Way = (input, random) => {
  const [from, to] = range(input, random)
  return Buffer.concat([input.subarray(0, from), input.subarray(to)])
}
const repeat: Way = (input, random) => {
  const [from, to] = range(input, random)
  return Buffer.concat([input.subarray(0, to), ...Array<Buffer>(random.int(1, random.chance(0.1) ? 300 : 3)).fill(input.subarray(from, to)), input.subarray(to)])
}
const move: Way = (input, random) => {
  const [from, to] = range(input, random)
  const left = Buffer.concat([input.subarray(0, from), input.subarray(to)])
  const at = random.int(0, left.length)
  return Buffer.concat([left.subarray(0, at), input.subarray(from, to), left.subarray(at)])
}
const cut: Way = (input, random) => input.subarray(0, random.int(0, input.length))

const ways: readonly Way[] = [flip, odd, any, insert, remove, repeat, move, cut]

function set (input: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (input.length === 0) return input
  const changed = Buffer.from(input)
  const at = random.int(0, input.length - 1)
  changed[at] = change(changed[at] as number)
  return changed
}

function range (input: Buffer, random: Random): [from: number, to: number] {
  const from = random.int(0, input.length)
  return [from, Math.min(input.length, from + random.int(1, random.chance(0.2) ? 64 : 8))]
}
