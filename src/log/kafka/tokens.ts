import { decodeJwt } from 'jose'
import { readBody } from '../../bounded-body.ts'
import type { Clock } from '../../clock.ts'
import { LoginRefused, NoToken } from './errors.ts'

export interface TokenOptions {
  readonly url: string
  readonly clientId: string
  /** Read for each token. */
  readonly secret: () => string
  readonly scope: string | undefined
  readonly timeoutMs: number
}

/** Of a token's life, so much is used; a new one is there before Kafka asks for it. */
const USED = 0.8
/** Where neither the answer nor the token says how long it lives. */
const UNKNOWN_LIFE_MS = 300_000
/** An issuer that fails is not asked more often. */
const REST_MS = 500
const LONGEST_REASON = 200
const MAX_BODY_BYTES = 65_536

interface Token { readonly value: string, readonly subject: string | undefined, readonly untilMs: number }

/** OAuth 2 tokens for the gateway itself, by the client-credentials grant (RFC 6749, section 4.4). */
export class Tokens {
  #options: TokenOptions
  #clock: Clock
  #token: Token | undefined
  #asking: Promise<Token> | undefined
  #failed: { readonly error: unknown, readonly untilMs: number } | undefined

  constructor (options: TokenOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /** Who the last token says that we are. */
  get subject (): string | undefined { return this.#token?.subject }

  /** One that lives on for a while. Throws `LoginRefused` where the issuer gives none, and `NoToken` where it does not answer. */
  async current (): Promise<string> {
    const nowMs = this.#clock.elapsed()
    if (this.#token !== undefined && nowMs < this.#token.untilMs) return this.#token.value
    if (this.#failed !== undefined && nowMs < this.#failed.untilMs) throw this.#failed.error
    this.#asking ??= this.#ask().finally(() => { this.#asking = undefined })
    return (await this.#asking).value
  }

  async #ask (): Promise<Token> {
    try {
      this.#token = await this.#request()
      this.#failed = undefined
      return this.#token
    } catch (error) {
      this.#failed = { error, untilMs: this.#clock.elapsed() + REST_MS }
      throw error
    }
  }

  async #request (): Promise<Token> {
    const { url, clientId, secret, scope, timeoutMs } = this.#options
    const from = this.#clock.elapsed()
    const { status, body } = await post(url, `${encodeURIComponent(clientId)}:${encodeURIComponent(secret())}`, scope, timeoutMs)
    if (status === 429 || status >= 500) throw new NoToken(`${url} answers ${status}`)
    const { access_token: value, expires_in: livesS, error, error_description: why } = body
    if (status !== 200 || typeof value !== 'string') {
      const reason = [error, why].filter((text) => typeof text === 'string').join(': ').slice(0, LONGEST_REASON)
      throw new LoginRefused(`${url} gives no token to client ${clientId} (${status}${reason === '' ? '' : `, ${reason}`}). Check kafka.sasl.clientId, clientSecretFile and scope`)
    }
    const claims = claimsOf(value)
    const lifeMs = typeof livesS === 'number' ? livesS * 1000 : claims.exp === undefined ? UNKNOWN_LIFE_MS : claims.exp * 1000 - this.#clock.now()
    return { value, subject: claims.sub, untilMs: from + lifeMs * USED }
  }
}

async function post (url: string, credentials: string, scope: string | undefined, timeoutMs: number): Promise<{ status: number, body: Record<string, unknown> }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error', // the secret goes where the setting says
      signal: AbortSignal.timeout(timeoutMs),
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) })
    })
    return { status: response.status, body: objectIn(await readBody(response, MAX_BODY_BYTES)) }
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string, message?: string } }
    throw new NoToken(`${url} gives no token: ${name === 'TimeoutError' ? 'no answer came in time' : cause?.code ?? cause?.message ?? message}`)
  }
}

/** What is no JSON says nothing. */
function objectIn (text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** A token need not be a JWT; its issuer and Kafka alone know what it is. */
function claimsOf (token: string): { sub?: string, exp?: number } {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}
