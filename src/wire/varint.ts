/** Kafka's varints: zigzag, then 7 bits a byte, lowest first. int32 range; see `skipVarint` for wider ones. */

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
