import { ask } from './ask.ts'
import { backoffMs } from './backoff.ts'
import { Connection, type End, type SocketClass } from './connection.ts'
import type { Environment } from './environment.ts'
import type { ServerFrame, Welcome } from './frames.ts'

/** A connection that lasted this long was a good one: the next loss starts counting anew. */
const SETTLED_MS = 10_000
const TOO_LARGE = 1009

export interface Line {
  /** Where to connect now. */
  address: () => URL
  getToken: (() => string | Promise<string>) | undefined
  dialling: () => void
  welcomed: (welcome: Welcome, connection: Connection) => void
  frame: (frame: ServerFrame, text: string) => void
  /** There is no connection now; the next attempt is made at `retryAt`. May be told again with a better reason. */
  lost: (why: string, retryAt: number) => void
  /** There will be none: somebody has to change something first. */
  refused: (why: string, code?: number) => void
}

/** Keeps one connection open: opens, waits and comes back, until it is stopped or told not to come back. */
export class Dialer {
  readonly #Socket: SocketClass
  readonly #environment: Environment
  readonly #line: Line
  readonly #bounds: { minRetryMs: number, maxRetryMs: number }
  #connection: Connection | undefined
  #attempt = 0
  #endWait = (): void => {}
  #stopped = false

  constructor (Socket: SocketClass, environment: Environment, line: Line, bounds: { minRetryMs: number, maxRetryMs: number }) {
    this.#Socket = Socket
    this.#environment = environment
    this.#line = line
    this.#bounds = bounds
  }

  async dial (): Promise<void> {
    this.#line.dialling()
    let token: string | undefined
    try {
      token = await this.#line.getToken?.()
    } catch (error) {
      return await this.#comeBack(`There is no token: ${(error as Error).message}`, {})
    }
    if (this.#stopped) return
    const url = this.#line.address()
    const protocols = token === undefined ? ['sluice.v1'] : ['sluice.v1', `bearer.${token}`]
    try {
      const connection: Connection = this.#connection = new Connection(this.#Socket, url, protocols, this.#environment, {
        getToken: this.#line.getToken,
        welcomed: (welcome) => this.#line.welcomed(welcome, connection),
        frame: (frame, text) => this.#line.frame(frame, text),
        ended: (end) => { void this.#ended(end, url, token) }
      })
    } catch (error) { // an address, or a token, that no WebSocket takes
      this.#line.refused((error as Error).message)
    }
  }

  /** Comes back at once instead of at the end of the wait, or with a new connection in the place of the present one. */
  redial (why: string): void {
    if (this.#connection === undefined) this.#endWait()
    else this.#connection.close(why, 0)
  }

  /** Whoever waits does not wait any more; a connection stays. */
  hurry (): void { this.#endWait() }

  stop (): void {
    this.#stopped = true
    this.#connection?.close('', 0)
    this.#endWait()
  }

  async #ended ({ code, reason, retryMs, livedMs }: End, url: URL, token: string | undefined): Promise<void> {
    this.#connection = undefined
    if (this.#stopped) return
    if (livedMs > SETTLED_MS) this.#attempt = 0
    const why = reason || (code === 1006 ? 'The connection was lost.' : `The connection was closed with code ${code}.`)
    if (code === TOO_LARGE || (code >= 4500 && code <= 4999)) this.#line.refused(why, code)
    else await this.#comeBack(why, { retryMs, ...code === 1006 && livedMs === 0 ? { url, token } : {} })
  }

  async #comeBack (why: string, { retryMs, url, token }: { retryMs?: number | undefined, url?: URL, token?: string | undefined }): Promise<void> {
    const { minRetryMs, maxRetryMs } = this.#bounds
    const waitMs = retryMs ?? backoffMs(this.#attempt++, minRetryMs, maxRetryMs, this.#environment.random())
    const retryAt = this.#environment.now() + waitMs
    const waited = this.#wait(waitMs)
    this.#line.lost(why, retryAt)
    if (url !== undefined) {
      const verdict = await ask(this.#environment, url, token)
      if (this.#stopped) return
      if (verdict.final) return this.#line.refused(verdict.why as string)
      if (verdict.why !== undefined) this.#line.lost(verdict.why, retryAt)
    }
    await waited
    if (!this.#stopped) await this.dial()
  }

  #wait (ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#environment.after(ms, resolve)
      this.#endWait = () => {
        cancel()
        resolve()
      }
    })
  }
}
