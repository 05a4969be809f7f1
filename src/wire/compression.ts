import { gunzipSync } from 'node:zlib'
import * as zlib from 'node:zlib'
import { Decompress } from 'fzstd'
import { decompressFrameSync } from 'lz4-napi'
import { uncompress } from 'snappyjs'

/** What a batch may become: no producer's default goes beyond 1 MiB compressed, and no text shrinks by more than a few hundred. */
const MAX_DECOMPRESSED_BYTES = 32 * 1024 * 1024

const NONE = 0
const GZIP = 1
const SNAPPY = 2
const LZ4 = 3
const ZSTD = 4

/** Undoes a batch's compression. Throws when the bytes are malformed, the codec unknown, or the result too large. */
export function decompress (codec: number, bytes: Buffer, maxBytes = MAX_DECOMPRESSED_BYTES): Buffer {
  switch (codec) {
    case NONE: return bytes
    case GZIP: return gunzipSync(bytes, { maxOutputLength: maxBytes })
    case SNAPPY: return snappy(bytes, maxBytes)
    case LZ4: return decompressFrameSync(bytes) // grows at most 255 times, by its format
    case ZSTD: return unzstd(bytes, { maxOutputLength: maxBytes })
    default: throw new RangeError(`compression ${codec} is unknown`)
  }
}

/** snappy-java, and so the Java client, frames its blocks: magic, two int32 versions, then int32 length · block. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16

function snappy (bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return Buffer.from(uncompress(bytes, maxBytes))
  const blocks: Uint8Array[] = []
  let left = maxBytes
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const length = bytes.readInt32BE(at)
    const end = at + 4 + length
    if (length < 0 || end > bytes.length) throw new RangeError('a snappy block is cut short')
    const block = uncompress(bytes.subarray(at + 4, end), left)
    left -= block.length
    blocks.push(block)
    at = end
  }
  return Buffer.concat(blocks)
}

type Unzstd = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer

/** For a Node before 22.15, which has no zstd of its own: in pieces, so that it can be stopped. */
export const plainUnzstd: Unzstd = (bytes, { maxOutputLength }) => {
  const pieces: Uint8Array[] = []
  let size = 0
  new Decompress((piece) => {
    size += piece.length
    if (size > maxOutputLength) throw new RangeError(`a zstd frame takes more than ${maxOutputLength} bytes`)
    pieces.push(piece)
  }).push(bytes, true)
  return Buffer.concat(pieces)
}

const unzstd = (zlib as { zstdDecompressSync?: Unzstd }).zstdDecompressSync ?? plainUnzstd
