const FIN_TEXT = 0x81
const FIN_BINARY = 0x82
const LENGTH_16 = 126
const LENGTH_64 = 127

/**
 * A whole RFC 6455 frame from a server: final, unmasked, uncompressed. It is the same for every socket, so that what goes to
 * many is framed once and written as it is.
 */
export function wsFrame (payload: Buffer, binary: boolean): Buffer {
  const frame = frameOf(payload.length, binary)
  frame.set(payload, frame.length - payload.length)
  return frame
}

/** A frame with its header; its last `length` bytes are to be filled. */
export function frameOf (length: number, binary: boolean): Buffer {
  const headerBytes = length < LENGTH_16 ? 2 : length <= 0xffff ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame[0] = binary ? FIN_BINARY : FIN_TEXT
  if (headerBytes === 2) frame[1] = length
  else if (headerBytes === 4) {
    frame[1] = LENGTH_16
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = LENGTH_64
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(length, 6)
  }
  return frame
}
