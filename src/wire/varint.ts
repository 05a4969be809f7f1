/** Kafka's varints: zigzag, then 7 bits a byte, lowest first. int32 range unless it says varlong. */

/** How many bytes `value` takes. */
export function varintBytes (value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Writes `value` at `at` and returns the place behind it. */
export function writeVarint (buffer: Uint8Array, value: number, at: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  while (zigzag > 0x7f) {
    buffer[at++] = zigzag & 0x7f | 0x80
    zigzag >>>= 7
  }
  buffer[at] = zigzag
  return at + 1
}

/** How many bytes a varlong takes, `value` being a safe integer. */
export function varlongBytes (value: number): number {
  if ((value | 0) === value) return varintBytes(value)
  let bytes = 1
  for (let zigzag = zigzag64(value); zigzag > 0x7fn; zigzag >>= 7n) bytes++
  return bytes
}

export function writeVarlong (buffer: Uint8Array, value: number, at: number): number {
  if ((value | 0) === value) return writeVarint(buffer, value, at)
  let zigzag = zigzag64(value)
  for (; zigzag > 0x7fn; zigzag >>= 7n) buffer[at++] = Number(zigzag & 0x7fn) | 0x80
  buffer[at] = Number(zigzag)
  return at + 1
}

function zigzag64 (value: number): bigint {
  const wide = BigInt(value)
  return (wide << 1n) ^ (wide >> 63n)
}
