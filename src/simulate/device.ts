import WebSocket from 'ws'
import type { Clock } from '../clock.ts'

const TELEMETRY_MS = 1_000
const RECONNECT_MS = 2_000

/** A device as a user would write one: it streams telemetry and answers what it is sent. */
export class SimulatedDevice {
  readonly #url: string
  readonly #clock: Clock
  #socket: WebSocket | undefined
  #cancel: () => void = () => {}
  #lastId = 0
  #celsius = 20 + Math.random() * 5
  #stopped = false

  constructor (url: string, clock: Clock) {
    this.#url = url
    this.#clock = clock
  }

  start (): void {
    const socket = this.#socket = new WebSocket(this.#url, 'sluice.v1')
    this.#lastId = 0
    socket.on('open', () => this.#stream())
    socket.on('message', (data: Buffer) => this.#answer(JSON.parse(data.toString()) as { type: string, event?: string, data?: unknown }))
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      this.#cancel()
      if (!this.#stopped) this.#cancel = this.#clock.after(RECONNECT_MS, () => this.start())
    })
  }

  stop (): void {
    this.#stopped = true
    this.#cancel()
    this.#socket?.terminate()
  }

  #stream (): void {
    this.#celsius += (Math.random() - 0.5) / 2
    this.#publish('telemetry', { celsius: Math.round(this.#celsius * 100) / 100, upS: Math.round(performance.now() / 1000) })
    this.#cancel = this.#clock.after(TELEMETRY_MS * (0.5 + Math.random()), () => this.#stream())
  }

  /** Telemetry that was refused is old by the time it could be sent again: a new session starts anew. */
  #answer ({ type, event, data }: { type: string, event?: string, data?: unknown }): void {
    if (type === 'refused') this.#socket?.close()
    if (type === 'message') this.#publish('answer', { to: event ?? null, received: data ?? null })
  }

  #publish (event: string, data: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: 'publish', id: ++this.#lastId, event, data }))
    }
  }
}
