import type { BatchHeader } from './batch.ts'
import { readHeader, soundBytes } from './batch.ts'
import { Segment } from './segment.ts'
import { FileStore } from './store.ts'

/** Reads a segment's file up to the first batch that is torn, damaged or not the next one (in a compacted log: not a later one), and cuts it off there. */
export function recoverSegment (
  path: string, base: number, compacted: boolean, note: (batch: Buffer, header: BatchHeader) => void, say: (sentence: string) => void
): Segment {
  const store = new FileStore(path)
  const segment = new Segment(base, store)
  const bytes = store.read(0, store.bytes)
  for (let size = soundBytes(bytes, 0); size > 0; size = soundBytes(bytes, segment.bytes)) {
    const batch = bytes.subarray(segment.bytes, segment.bytes + size)
    const header = readHeader(batch)
    if (header.base < segment.next || (header.base > segment.next && !compacted)) break
    segment.place(header, size)
    note(batch, header)
  }
  if (segment.bytes < bytes.length) {
    say(`${path} had a torn tail: ${bytes.length - segment.bytes} bytes after offset ${segment.next} were cut off.`)
    store.truncate(segment.bytes)
  }
  return segment
}
