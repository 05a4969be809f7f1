const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** The 32-bit murmur2 of the Java client, signed, of `data[at, end)`. */
export function murmur2 (data: Uint8Array, at = 0, end = data.length): number {
  let h = SEED ^ end - at
  for (; at + 4 <= end; at += 4) {
    let k = (data[at] as number) | (data[at + 1] as number) << 8 | (data[at + 2] as number) << 16 | (data[at + 3] as number) << 24
    k = Math.imul(k, M)
    k ^= k >>> R
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = end - at
  if (rest > 2) h ^= (data[at + 2] as number) << 16
  if (rest > 1) h ^= (data[at + 1] as number) << 8
  if (rest > 0) h = Math.imul(h ^ (data[at] as number), M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ h >>> 15
}

/** Where the Java client puts a record with this key. */
export function homePartition (key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitions
}
