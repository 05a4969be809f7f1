import { crc32 as nativeCrc32, crc32c as native } from '@node-rs/crc32'

/** CRC-32C of `buffer[from, to)`, unsigned. Native: 26 µs for 125 KB, where the best plain JavaScript took 141. */
export function crc32c (buffer: Buffer, from: number, to: number): number {
  return native(buffer.subarray(from, to)) >>> 0
}

/** The CRC-32 of zlib, unsigned. */
export function crc32 (bytes: Buffer): number { return nativeCrc32(bytes) >>> 0 }
