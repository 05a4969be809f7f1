import type { Peer } from './peer.ts'

/** More than this share of its bound waits: who feeds a socket at its own pace feeds it no more. */
const FULL_AT = 0.5

/**
 * What waits to be written to one socket: gathered while a turn of the event loop lasts, and written at its end in one piece, or
 * earlier where the bound has been gathered. One turn may bring more than the bound to a socket that reads well, which is not
 * closed for that; so up to three times the bound, and a frame, can wait for one socket before it is.
 */
export class Outbox {
  readonly #peer: Peer
  readonly #maxBytes: number
  #frames: Buffer[] = []
  #bytes = 0

  constructor (peer: Peer, maxBytes: number) {
    this.#peer = peer
    this.#maxBytes = maxBytes
  }

  push (frame: Buffer): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
  }

  get isEmpty (): boolean { return this.#frames.length === 0 }

  /** Too much was gathered to wait for the end of the turn. */
  get isOver (): boolean { return this.#bytes > this.#maxBytes }

  get isFull (): boolean { return this.#bytes + this.#peer.waitingBytes > this.#maxBytes * FULL_AT }

  /** Writes what was gathered. Returns false if the network has not even taken what was written before: the reader is too slow. */
  flush (): boolean {
    const waitedBytes = this.#peer.waitingBytes
    const frames = this.#frames
    this.clear()
    this.#peer.write(frames.length === 1 ? frames[0] as Buffer : Buffer.concat(frames))
    return waitedBytes <= this.#maxBytes
  }

  clear (): void {
    this.#frames = []
    this.#bytes = 0
  }
}
