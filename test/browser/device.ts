import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A device: a socket that keeps every frame from its first moment on, for whoever waits later. */
export class Device {
  readonly socket: WebSocket
  #frames: string[] = []
  #waiting: Array<(frame: string) => void> = []

  constructor (origin: string, id: string, protocol?: string) {
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/ws/${id}`, protocol)
    this.socket.on('message', (frame) => this.#take(String(frame)))
  }

  static async open (origin: string, id: string, protocol?: string): Promise<Device> {
    const device = new Device(origin, id, protocol)
    await once(device.socket, 'open')
    return device
  }

  send (frame: string | Uint8Array): void {
    this.socket.send(frame)
  }

  next (): Promise<string> {
    const frame = this.#frames.shift()
    return frame !== undefined ? Promise.resolve(frame) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  async close (): Promise<void> {
    this.socket.close()
    await once(this.socket, 'close')
  }

  #take (frame: string): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(frame)
    else this.#frames.push(frame)
  }
}
