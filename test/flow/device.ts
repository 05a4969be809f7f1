/** Devices over `ws`: each keeps every frame from its socket's first moment on, for whoever waits later. */

import { once } from 'node:events'
import type { ConnectionOptions } from 'node:tls'
import { WebSocket } from 'ws'
import { keepSecret } from '../logs/keep.ts'

export interface OpenOptions {
  query?: string
  protocols?: string[]
  headers?: Record<string, string>
  /** Whom it trusts, and what it shows. */
  tls?: ConnectionOptions
}

export interface Ended { code: number, reason: string }

interface Waiter<T> { resolve: (frame: T) => void, reject: (error: Error) => void }

const PATIENCE_MS = 20_000

abstract class Device<Frame> {
  readonly socket: WebSocket
  /** How the socket ended. */
  readonly ended: Promise<Ended>
  #over: Ended | undefined
  #frames: Frame[] = []
  #waiting: Array<Waiter<Frame>> = []
  #ignored: (frame: Frame) => boolean = () => false

  constructor (to: string | WebSocket, protocols: string[] = [], headers: Record<string, string> = {}, tls: ConnectionOptions = {}) {
    this.socket = typeof to === 'string' ? new WebSocket(to, protocols, { headers, ...tls as object }) : to
    this.socket.on('error', () => {}) // 'close' follows, and whoever opens it waits for 'error' too
    this.socket.on('message', (data: Buffer, binary) => this.#take(this.read(data, binary)))
    this.ended = new Promise((resolve) => this.socket.on('close', (code, reason) => {
      this.#over = { code, reason: reason.toString() }
      for (const { reject } of this.#waiting.splice(0)) reject(this.#gone())
      resolve(this.#over)
    }))
  }

  abstract read (data: Buffer, binary: boolean): Frame

  /** Frames that this test is not about, whenever they come. */
  ignore (these: (frame: Frame) => boolean): this {
    this.#ignored = these
    this.#frames = this.#frames.filter((frame) => !these(frame))
    return this
  }

  /** Whether a frame is for whoever waits for the next. */
  isAwaited (_frame: Frame): boolean { return true }

  /** Frames that came and that nobody has taken yet. */
  get waiting (): readonly Frame[] { return this.#frames }

  send (frame: string | Uint8Array): void { this.socket.send(frame) }

  async next (): Promise<Frame> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return frame
    if (this.#over !== undefined) throw this.#gone()
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.reject(new Error(`no frame came within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
      const waiter = settled({ resolve, reject }, () => clearTimeout(timer))
      this.#waiting.push(waiter)
    })
  }

  async take (count: number): Promise<Frame[]> {
    const frames: Frame[] = []
    while (frames.length < count) frames.push(await this.next())
    return frames
  }

  async close (): Promise<Ended> {
    this.socket.close()
    return await this.ended
  }

  #take (frame: Frame): void {
    if (this.#ignored(frame)) return
    if (!this.isAwaited(frame)) return
    const waiter = this.#waiting.shift()
    if (waiter === undefined) this.#frames.push(frame)
    else waiter.resolve(frame)
  }

  #gone (): Error { return new Error(`the socket ended with ${this.#over?.code} ${this.#over?.reason}`) }
}

function settled<T> ({ resolve, reject }: Waiter<T>, then: () => void): Waiter<T> {
  return {
    resolve: (frame) => { then(); resolve(frame) },
    reject: (error) => { then(); reject(error) }
  }
}

/** A text frame is read as a string, a binary one as a buffer. */
export class RawDevice extends Device<string | Buffer> {
  override read (data: Buffer, binary: boolean): string | Buffer { return binary ? data : data.toString() }

  override send (frame: string | Uint8Array): void {
    if (typeof frame === 'string') keepSecret(frame)
    super.send(frame)
  }
}

export interface ServerFrame { type: string, id?: number, [name: string]: unknown }

/** Speaks sluice.v1. */
export class ProtocolDevice extends Device<ServerFrame> {
  welcome: ServerFrame | undefined
  /** The last cursor that the heartbeat, or a goodbye, told; it may come between any two frames. */
  cursor: string | undefined
  #onCursor: (cursor: string) => void = () => {}

  override read (data: Buffer): ServerFrame { return JSON.parse(data.toString()) as ServerFrame }

  override isAwaited (frame: ServerFrame): boolean {
    if (frame.type === 'cursor') this.#onCursor(this.cursor = frame.cursor as string)
    return frame.type !== 'cursor'
  }

  /** The cursor that it was told, or the first that it will be. */
  told (): Promise<string> {
    return this.cursor !== undefined ? Promise.resolve(this.cursor) : new Promise((resolve) => { this.#onCursor = resolve })
  }

  publish (id: number, fields: { data?: unknown, [name: string]: unknown }): void {
    keepSecret(fields.data)
    this.send(JSON.stringify({ type: 'publish', id, ...fields }))
  }

  /** The next frame, which has to be of that type. */
  async nextOf (type: string): Promise<ServerFrame> {
    const frame = await this.next()
    if (frame.type !== type) throw new Error(`a ${type} was expected, and there came ${JSON.stringify(frame)}`)
    return frame
  }

  /** Waits for the ack that covers `id`; nothing but acks may come before it. */
  async acked (id: number): Promise<ServerFrame> {
    for (;;) {
      const ack = await this.nextOf('ack')
      if (ack.id as number >= id) return ack
    }
  }

  /** Publishes one value and waits for its ack. */
  async stored (id: number, data: unknown): Promise<ServerFrame> {
    this.publish(id, { data })
    return await this.acked(id)
  }
}

export async function openDevice<T extends { socket: WebSocket }> (device: T): Promise<T> {
  if (device.socket.readyState !== WebSocket.OPEN) await once(device.socket, 'open')
  return device
}
