/** What a session asks of its socket; any WebSocket library, or a test, can give it. */
export interface Peer {
  /** Writes whole WebSocket frames, made by `wsFrame`. */
  write: (frames: Buffer) => void
  /** Bytes that were written and that the network has not taken yet. */
  readonly waitingBytes: number
  /** Calls `fn` once when the network has taken everything that was written; soon, if it has already. */
  drained: (fn: () => void) => void
  ping: (data?: Buffer) => void
  /** Answers a ping. */
  pong: (data: Buffer) => void
  /** Pongs that the network has not taken yet. */
  readonly waitingPongs: number
  /** A message has begun to come, and is not there whole. */
  readonly isMidFrame: boolean
  /** Stops reading the socket, so that its sender is held back by TCP. What was read already still arrives. */
  pause: () => void
  resume: () => void
  /** Sends a close frame; the socket ends when the other side answers, or after a while. */
  close: (code: number, reason: string) => void
  /** Ends the socket at once. */
  terminate: () => void
}
