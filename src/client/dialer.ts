import { ask, type Verdict } from './ask.ts'
import { backoffMs, type Waits } from './backoff.ts'
import { Connection, type End, type Listener, type SocketClass } from './connection.ts'
import type { Environment } from './environment.ts'

/** A connection that lasted this long was a good one: the next loss starts counting anew. */
const SETTLED_MS = 10_000
const TOO_LARGE = 1009

export interface Line extends Listener {
  /** Where to connect now. */
  address: () => URL
  dialling: () => void
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
  readonly #waits: Waits
  #connection: Connection | undefined
  #attempt = 0
  #endWait = (): void => {}
  #stopped = false

  constructor (Socket: SocketClass, environment: Environment, line: Line, waits: Waits) {
    this.#Socket = Socket
    this.#environment = environment
    this.#line = line
    this.#waits = waits
  }

  async dial (): Promise<void> {
    this.#line.dialling()
    let token: string | undefined
    try {
      token = await this.#line.getToken?.()
    } catch (error) {
      return await this.#comeBack(`There is no token: ${(error as Error).message}`)
    }
    if (this.#stopped) return
    const url = this.#line.address()
    const protocols = token === undefined ? ['sluice.v1'] : ['sluice.v1', `bearer.${token}`]
    try {
      this.#connection = new Connection(this.#Socket, url, protocols, this.#environment, {
        ...this.#line,
        ended: (end) => { void this.#ended(end, url, token) }
      })
    } catch (error) { // an address, or a token, that no WebSocket takes
      this.#line.refused((error as Error).message)
    }
  }

  /** Comes back at once instead of at the end of the wait, or with a new connection in the place of the present one. */
  redial (why: string): void {
    if (this.#connection === undefined) this.#endWait()
    else this.#connection.close(why)
  }

  /** Whoever waits does not wait any more; a connection stays. */
  hurry (): void { this.#endWait() }

  stop (): void {
    this.#stopped = true
    this.redial('')
  }

  async #ended ({ code, reason, retryMs, livedMs }: End, url: URL, token: string | undefined): Promise<void> {
    this.#connection = undefined
    if (this.#stopped) return
    if (livedMs > SETTLED_MS) this.#attempt = 0
    const why = reason || (code === 1006 ? 'The connection was lost.' : `The connection was closed with code ${code}.`)
    if (code === TOO_LARGE || (code >= 4500 && code <= 4999)) this.#line.refused(why, code)
    else await this.#comeBack(why, retryMs, code === 1006 && livedMs === 0 ? () => ask(this.#environment, url, token) : undefined)
  }

  /** `inquire` asks for a better reason. */
  async #comeBack (why: string, retryMs?: number, inquire?: () => Promise<Verdict | undefined>): Promise<void> {
    const waitMs = retryMs ?? backoffMs(this.#attempt++, this.#waits, this.#environment)
    const retryAt = this.#environment.now() + waitMs
    const waited = new Promise<void>((resolve) => {
      const cancel = this.#environment.after(waitMs, resolve)
      this.#endWait = () => {
        cancel()
        resolve()
      }
    })
    this.#line.lost(why, retryAt)
    const verdict = await inquire?.()
    if (this.#stopped) return
    if (verdict?.final === true) return this.#line.refused(verdict.why)
    if (verdict !== undefined) this.#line.lost(verdict.why, retryAt)
    await waited
    if (!this.#stopped) await this.dial()
  }
}
