import type { Environment } from './environment.ts'
import type { ServerFrame, Welcome } from './frames.ts'

const WELCOME_MS = 15_000
/** What is left is too short for another try, and more than a timer can wait for. */
const MIN_LEFT_MS = 1_000
const MAX_WAIT_MS = 2e9

/** As much of a WebSocket as is used, so that browsers', Node's and `ws` will do. */
export interface Socket {
  send: (text: string) => void
  close: (code?: number) => void
  /** Only `ws` has it: a socket that nobody answers on need not wait for an answer to its close. */
  terminate?: () => void
  onmessage: unknown
  onclose: unknown
  onerror: unknown
}

export type SocketClass = new (url: string, protocols: string[]) => object

export interface End {
  code: number
  reason: string
  /** What the server said of when to come back. */
  retryMs: number | undefined
  livedMs: number
}

export interface Listener {
  getToken: (() => string | Promise<string>) | undefined
  welcomed: (welcome: Welcome, connection: Connection) => void
  frame: (frame: ServerFrame, text: string) => void
}

export interface Ending extends Listener {
  ended: (end: End) => void
}

/** One socket, from its opening to its end, which is told once. */
export class Connection {
  readonly #environment: Environment
  readonly #listener: Ending
  readonly #socket: Socket
  #cancel: () => void
  #cancelRefresh = (): void => {}
  #welcomedAt: number | undefined
  #retryMs: number | undefined
  /** Heartbeats that are over since something was heard. */
  #silent = 0
  #ended = false

  constructor (Socket: SocketClass, url: URL, protocols: string[], environment: Environment, listener: Ending) {
    this.#environment = environment
    this.#listener = listener
    this.#socket = new Socket(url.href, protocols) as Socket
    this.#cancel = environment.after(WELCOME_MS, () => this.#giveUp('No welcome came.'))
    this.#socket.onmessage = ({ data }: { data: string }) => this.#take(data)
    this.#socket.onclose = ({ code, reason }: { code: number, reason: string }) => this.#end(code, reason, () => {})
    this.#socket.onerror = () => {} // a close follows
  }

  send (text: string): void {
    if (!this.#ended) this.#socket.send(text)
  }

  /** Ends it from this side, to come back at once; what was sent before still goes out. */
  close (reason: string): void {
    this.#retryMs = 0
    this.#end(1000, reason, () => this.#socket.close(1000))
  }

  #take (text: string): void {
    if (this.#ended) return
    this.#silent = 0
    let frame: ServerFrame
    try {
      frame = JSON.parse(text) as ServerFrame
    } catch {
      return this.#giveUp('The server sent what is not JSON.')
    }
    if (frame.type === 'bye') this.#retryMs = frame.retryMs
    if (frame.type === 'welcome' || frame.type === 'refreshed') this.#refreshLater(frame.expiresInMs)
    if (frame.type !== 'welcome') return this.#listener.frame(frame, text)
    this.#welcomedAt = this.#environment.now()
    this.#cancel()
    this.#listen(frame)
    this.#listener.welcomed(frame, this)
  }

  /**
   * Browsers do not show the server's pings, and a lost network may never close a socket. After a silent heartbeat the server
   * is asked for something that it answers at once and that changes nothing; after a second one the socket is given up.
   */
  #listen (welcome: Welcome): void {
    this.#cancel = this.#environment.after(welcome.heartbeatMs, () => {
      const silent = this.#silent++
      if (silent === 2) return this.#giveUp('Nothing was heard for two heartbeats.')
      if (silent === 1) this.send(JSON.stringify({ type: 'unwatch', device: welcome.session })) // a device that nobody watches
      this.#listen(welcome)
    })
  }

  /** When most of the time is over a new token is sent; and again when most of the rest is, as long as none has been taken. */
  #refreshLater (leftMs = 0): void {
    const { getToken } = this.#listener
    const { after, random } = this.#environment
    this.#cancelRefresh()
    if (getToken === undefined || leftMs < MIN_LEFT_MS) return
    const waitMs = Math.min(leftMs * (0.7 + random() / 5), MAX_WAIT_MS)
    const refresh = async (): Promise<void> => {
      this.#refreshLater(leftMs - waitMs)
      try {
        this.send(JSON.stringify({ type: 'refresh', token: await getToken() }))
      } catch {} // the next time, or on the next connection
    }
    this.#cancelRefresh = after(waitMs, () => { void refresh() })
  }

  #giveUp (reason: string): void {
    this.#end(1006, reason, () => this.#socket.terminate === undefined ? this.#socket.close() : this.#socket.terminate())
  }

  #end (code: number, reason: string, close: () => void): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancel()
    this.#cancelRefresh()
    close()
    this.#listener.ended({
      code,
      reason,
      retryMs: this.#retryMs,
      livedMs: this.#welcomedAt === undefined ? 0 : this.#environment.now() - this.#welcomedAt
    })
  }
}
