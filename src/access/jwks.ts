import { createRemoteJWKSet, customFetch, errors, type CryptoKey, type FlattenedJWSInput, type JWTHeaderParameters } from 'jose'
import { pause } from '../clock.ts'
import { Problem } from '../protocol/problem.ts'
import { boundedFetch } from './bounded-fetch.ts'
import type { Surroundings } from './surroundings.ts'

/** A token that names an unknown key has the set fetched again, but not sooner after the last fetch. */
const COOLDOWN_MS = 10_000
/** The first wait after a fetch that failed; each is twice as long as the one before. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
const RETRY_AFTER_S = 5

export interface KeySetOptions {
  readonly url: string
  readonly refreshMs: number
  readonly maxAgeMs: number
  readonly timeoutMs: number
}

/**
 * The public keys at an address, fetched at once and then again and again in the background. While the address does not answer as
 * it should, the last keys stay good, for a while. jose holds them and chooses among them; when they are fetched is decided here.
 */
export class KeySet {
  readonly #options: KeySetOptions
  readonly #surroundings: Surroundings
  readonly #remote: ReturnType<typeof createRemoteJWKSet>
  readonly #changed: () => void
  #fetching: Promise<void> | undefined
  #isAway = false
  #fetchedMs = 0
  #goodMs = 0
  #keys = ''

  /** `changed`: there are other keys than before. */
  constructor (options: KeySetOptions, surroundings: Surroundings, changed: () => void) {
    this.#options = options
    this.#surroundings = surroundings
    this.#changed = changed
    this.#remote = createRemoteJWKSet(new URL(options.url), {
      cacheMaxAge: Infinity,
      cooldownDuration: Infinity,
      timeoutDuration: options.timeoutMs,
      [customFetch]: boundedFetch(surroundings.closing)
    })
  }

  /** Until the gateway closes. */
  async keepFresh (): Promise<void> {
    const { clock, closing } = this.#surroundings
    for (let retryMs = FIRST_RETRY_MS; !closing.aborted;) {
      await this.#fetch()
      await pause(clock, this.#isAway ? retryMs : this.#options.refreshMs, closing)
      retryMs = this.#isAway ? Math.min(2 * retryMs, LAST_RETRY_MS) : FIRST_RETRY_MS
    }
  }

  /** Whether there are keys that may be used. */
  get isGood (): boolean {
    return this.#remote.fresh && (!this.#isAway || this.#surroundings.clock.elapsed() - this.#goodMs <= this.#options.maxAgeMs)
  }

  /** The key that a token's header means. Rejects with jose's errors, and with a `Problem` where that cannot be known now. */
  async find (header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (!this.isGood) await this.#fetching
    if (!this.isGood) throw unavailable()
    try {
      return await this.#remote(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    }
    const isDue = this.#surroundings.clock.elapsed() - this.#fetchedMs >= COOLDOWN_MS
    await (isDue ? this.#fetch() : this.#fetching)
    if (this.#isAway) throw unavailable() // it may be a new key
    return await this.#remote(header, token)
  }

  /** One at a time. */
  async #fetch (): Promise<void> {
    this.#fetching ??= this.#reload().finally(() => { this.#fetching = undefined })
    await this.#fetching
  }

  async #reload (): Promise<void> {
    const { clock, log, closing } = this.#surroundings
    const where = new URL(this.#options.url).host
    try {
      await this.#remote.reload()
      this.#goodMs = clock.elapsed()
      if (this.#isAway) log.info(`The key set at ${where} can be fetched again.`)
      this.#isAway = false
      const keys = JSON.stringify(this.#remote.jwks())
      if (keys !== this.#keys) this.#changed()
      this.#keys = keys
    } catch (error) {
      const isNews = !this.#isAway && !closing.aborted
      this.#isAway = true
      if (isNews) log.warn(`The key set at ${where} (auth.jwt.jwksUrl) cannot be fetched: ${reasonOf(error)}. ${this.isGood ? 'The keys from before stay good for now' : 'Nobody can log in by JWT'}; it is tried again.`)
    }
    this.#fetchedMs = clock.elapsed()
  }
}

function unavailable (): Problem { return new Problem('login-unavailable', undefined, RETRY_AFTER_S) }

/** fetch hides why behind "fetch failed". */
function reasonOf (error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : message
}
