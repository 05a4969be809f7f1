import { WebSocket } from 'ws'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { History } from '../history/history.ts'
import type { Random } from '../random.ts'
import type { Door } from './address.ts'

/** Without a sign of life from the server for so many heartbeats, a device takes its socket for dead. */
const PATIENCE_HEARTBEATS = 3.5
const COME_BACK_MS = [10, 150] as const
const HANDSHAKE_MS = 2_000

export interface DeviceOptions {
  readonly id: string
  readonly history: History
  readonly random: Random
  /** The doors to knock at; a device takes any of them. */
  readonly doors: readonly Door[]
  readonly heartbeatMs: number
  /** Between two publishes, at most. */
  readonly everyMs: number
}

let sockets = 0

/** What every device does: it connects, comes back when its socket ends, and publishes now and then. Independent of the client library. */
export abstract class Device {
  readonly id: string
  protected readonly history: History
  protected readonly random: Random
  /** The number of the connection that is open; undefined while none is. */
  protected socket: number | undefined
  protected ws: WebSocket | undefined
  readonly #options: DeviceOptions
  #over = false
  #away: number | undefined
  #own = false
  #comeBack: NodeJS.Timeout | undefined
  #publishing: NodeJS.Timeout | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor (options: DeviceOptions) {
    this.#options = options
    this.id = options.id
    this.history = options.history
    this.random = options.random
  }

  protected abstract readonly protocol: 'sluice.v1' | undefined
  /** What to ask for, and the event in which its cursor was told. */
  protected abstract query (): { text: string, since?: string, sinceEvent?: number }
  protected abstract opened (socket: number): void
  protected abstract frame (socket: number, data: Buffer, binary: boolean): void
  /** Publishes something new. */
  protected abstract publish (): void
  /** Everything that it published has its answer, it is connected, and what comes is live. */
  abstract get settled (): boolean
  /** Whether a value came that has to come. */
  abstract has (value: string): boolean

  start (): void {
    this.#connect()
    this.#publishSoon()
  }

  /** Publishes nothing new any more. */
  hush (): void { clearTimeout(this.#publishing) }

  stop (): void {
    this.#over = true
    this.hush()
    clearTimeout(this.#comeBack)
    clearTimeout(this.#deadline)
    this.#own = true
    this.ws?.terminate()
  }

  get isOpen (): boolean { return this.socket !== undefined }

  /** Ends the socket and comes back, to another instance than this one where there is one. */
  reconnect (): void {
    this.#own = true
    this.ws?.terminate()
  }

  /** Reads nothing: then it cannot hear whether the server lives, either. */
  pause (): void {
    clearTimeout(this.#deadline)
    this.ws?.pause()
  }

  resume (): void { this.ws?.resume() }

  #connect (): void {
    const others = this.#options.doors.filter(({ instance }) => instance !== this.#away)
    const door = this.random.pick(others.length > 0 ? others : this.#options.doors)
    this.#away = undefined
    this.#own = false
    const { text: query, ...since } = this.query()
    const ws = new WebSocket(`ws://127.0.0.1:${door.port}/ws/${this.id}${query}`, this.protocol === undefined ? [] : [this.protocol], { handshakeTimeout: HANDSHAKE_MS })
    const socket = ++sockets
    this.ws = ws
    ws.on('error', () => {}) // close follows
    ws.on('unexpected-response', (_request, response) => this.#turnedAway(response, query, () => ws.terminate()))
    ws.on('open', () => {
      this.socket = socket
      this.history.record({ type: 'opened', socket, device: this.id, mode: this.protocol ?? 'raw', instance: door.instance, ...since })
      this.opened(socket)
    })
    const heard = (): void => {
      clearTimeout(this.#deadline)
      this.#deadline = setTimeout(() => ws.terminate(), PATIENCE_HEARTBEATS * this.#options.heartbeatMs)
    }
    ws.on('ping', heard)
    ws.on('message', (data: Buffer, binary) => {
      heard()
      this.frame(socket, data, binary)
    })
    ws.on('close', (code, reason) => {
      if (this.socket === socket) {
        this.socket = undefined
        this.history.record({ type: 'closed', socket, code, reason: reason.toString(), own: this.#own })
        if (this.#own) this.#away = door.instance
      }
      clearTimeout(this.#deadline)
      if (!this.#over) this.#comeBack = setTimeout(() => this.#connect(), this.random.int(...COME_BACK_MS))
    })
  }

  #turnedAway (response: IncomingMessage, query: string, then: () => void): void {
    text(response).then((body) => {
      const { code } = JSON.parse(body) as { code: string }
      this.history.record({ type: 'turned-away', device: this.id, status: response.statusCode ?? 0, code, query })
    }).catch(() => {}).finally(then)
  }

  #publishSoon (): void {
    this.#publishing = setTimeout(() => {
      for (let n = this.random.chance(0.1) ? this.random.int(2, 12) : 1; n > 0; n--) this.publish()
      this.#publishSoon()
    }, this.random.int(1, this.#options.everyMs))
  }
}
