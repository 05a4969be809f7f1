import type { Readable } from 'node:stream'

const SIZE_BYTES = 4

/**
 * Splits what arrives into Kafka's frames: size int32, then that many bytes. Throws a RangeError at a size that nobody
 * means, which is what another protocol on this port looks like. Chunks are joined once per frame, not once per chunk:
 * a large request comes in a thousand of them.
 */
export async function * frames (stream: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = []
  let held = 0
  let wanted = SIZE_BYTES
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    held += chunk.length
    if (held < wanted) continue
    let bytes = Buffer.concat(chunks, held)
    for (wanted = frameEnd(bytes, maxBytes); wanted <= bytes.length; wanted = frameEnd(bytes, maxBytes)) {
      yield bytes.subarray(SIZE_BYTES, wanted)
      bytes = bytes.subarray(wanted)
    }
    chunks = [bytes]
    held = bytes.length
  }
}

function frameEnd (bytes: Buffer, maxBytes: number): number {
  if (bytes.length < SIZE_BYTES) return SIZE_BYTES
  const size = bytes.readInt32BE(0)
  if (size < 0 || size > maxBytes) throw new RangeError(`a frame of ${size} bytes`)
  return SIZE_BYTES + size
}
