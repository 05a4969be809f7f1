import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Peer } from '../session/peer.ts'

/** The state of a receiver of `ws` that has read all of a frame, and nothing of the next. */
const BETWEEN_FRAMES = 0

/**
 * A socket of `ws`. Frames are written past it, to the stream below: ws would frame each payload anew for each socket, in two
 * writes. That is safe as long as compression is off and nobody sends through ws, which then writes whole control frames only.
 */
export class SocketPeer implements Peer {
  #ws: WebSocket
  #stream: Duplex
  /** Called when the network has taken what waits; a device that is on its way in many partitions has many of them. */
  #onDrained: Array<() => void> = []
  #waitingPongs = 0
  #ponged = (): void => { this.#waitingPongs -= 1 }

  constructor (ws: WebSocket) {
    this.#ws = ws
    this.#stream = (ws as unknown as { _socket: Duplex })._socket
  }

  write (frames: Buffer): void {
    if (this.#stream.writable) this.#stream.write(frames)
  }

  get waitingBytes (): number { return this.#stream.writableLength }

  drained (fn: () => void): void {
    if (!this.#stream.writableNeedDrain) setImmediate(fn)
    else if (this.#onDrained.push(fn) === 1) this.#stream.once('drain', () => { for (const told of this.#onDrained.splice(0)) told() })
  }

  get waitingPongs (): number { return this.#waitingPongs }

  ping (data?: Buffer): void { this.#ws.ping(data) }

  pong (data: Buffer): void {
    this.#waitingPongs += 1
    this.#ws.pong(data, false, this.#ponged)
  }

  /** Of this `ws` tells nothing but the message that is whole. */
  get isMidFrame (): boolean {
    const { _receiver: { _fragmented, _bufferedBytes, _state } } = this.#ws as unknown as { _receiver: { _fragmented: number, _bufferedBytes: number, _state: number } }
    return _fragmented !== 0 || _bufferedBytes > 0 || _state !== BETWEEN_FRAMES
  }

  pause (): void { this.#ws.pause() }
  resume (): void { this.#ws.resume() }
  close (code: number, reason: string): void { this.#ws.close(code, reason) }
  terminate (): void { this.#ws.terminate() }
}
