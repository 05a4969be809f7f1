/** Frames that a server wrote, one after the other. */

export interface ServerBytes {
  /** Fin, the reserved bits and the opcode, as they stand there. */
  first: number
  opcode: number
  payload: Buffer
  isMasked: boolean
  /** Its length is written in the fewest bytes that it takes. */
  isShortest: boolean
}

/** Those that are there whole. */
export function framesIn (bytes: Buffer): ServerBytes[] {
  const frames: ServerBytes[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const [first, second] = [bytes[at] as number, bytes[at + 1] as number]
    const short = second & 127
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10
    if (at + headBytes > bytes.length) break
    const length = headBytes === 2 ? short : headBytes === 4 ? bytes.readUInt16BE(at + 2) : bytes.readUIntBE(at + 4, 6)
    at += headBytes
    if (at + length > bytes.length) break
    frames.push({ first, opcode: first & 15, payload: bytes.subarray(at, at + length), isMasked: second > 127, isShortest: length >= (headBytes === 2 ? 0 : headBytes === 4 ? 126 : 65_536) })
    at += length
  }
  return frames
}
