import { createHash } from 'node:crypto'
import { readBody } from '../bounded-body.ts'
import { ConfigError, quote, type Settings } from '../config/index.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { Problem } from '../protocol/problem.ts'
import { Answers } from './answers.ts'
import { AtOnce } from './at-once.ts'
import { identityBy, readAnswer, readSentence, type Answer } from './callback-answer.ts'
import type { Handshake } from './handshake.ts'
import type { Identity } from './identity.ts'
import { readSecret } from './key-file.ts'
import type { Surroundings } from './surroundings.ts'

const MAX_AT_ONCE = 64
const MAX_BODY_BYTES = 65_536
const RETRY_AFTER_S = 5
/** How often at most the operator hears that it fails. */
const TELL_MS = 10_000

/** The login that asks an address who a caller is; undefined where the settings name none. Throws a `ConfigError`. */
export function createCallback ({ http }: Settings['auth'], surroundings: Surroundings): Callback | undefined {
  return http.url === undefined ? undefined : new Callback(http.url, http, surroundings)
}

export class Callback {
  /** About callers whom another login knows, too. */
  readonly isAlwaysAsked: boolean
  readonly #url: string
  readonly #options: Settings['auth']['http']
  readonly #headers: Record<string, string>
  readonly #surroundings: Surroundings
  readonly #answers: Answers
  readonly #asking = new Map<string, Promise<Answer>>()
  readonly #atOnce = new AtOnce(MAX_AT_ONCE)
  readonly #open = new Set<AbortController>()
  #isAway = false
  #toldMs = -Infinity

  constructor (url: string, options: Settings['auth']['http'], surroundings: Surroundings) {
    this.isAlwaysAsked = options.when === 'always'
    this.#url = url
    this.#options = options
    this.#surroundings = surroundings
    this.#answers = new Answers(surroundings.clock, options.cacheMs)
    const secret = options.secretFile === undefined ? {} : { authorization: `Bearer ${readBearer(options.secretFile)}` }
    this.#headers = { 'content-type': 'application/json', accept: 'application/json', ...secret }
    surroundings.closing.addEventListener('abort', () => { for (const one of this.#open) one.abort() })
  }

  /** `known`: who the caller is by another login. Throws a `Problem` where it may not come, or where that cannot be known now. */
  async decide (handshake: Handshake, known: Identity | undefined): Promise<Identity> {
    const question = this.#questionOf(handshake, known)
    const key = createHash('sha256').update(question).digest('base64url')
    const answer = this.#answers.fresh(key) ?? await this.#share(key, question, known !== undefined)
    return identityBy(answer, known)
  }

  /** What is not known is left out. A token that another login has taken has done its work, and travels no further. */
  #questionOf ({ address, origin, device, token, certificate }: Handshake, known: Identity | undefined): string {
    const identity = known === undefined ? undefined : { ...known, redeem: undefined }
    return JSON.stringify({
      address,
      origin,
      device: device !== undefined && isDeviceId(device) ? device : undefined,
      token: known === undefined && this.#options.passToken ? token : undefined,
      certificate,
      identity
    })
  }

  /** Who asks the same at the same time hears the same. */
  #share (key: string, question: string, isKnown: boolean): Promise<Answer> {
    const asked = this.#asking.get(key) ?? this.#ask(key, question, isKnown).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asked)
    return asked
  }

  async #ask (key: string, question: string, isKnown: boolean): Promise<Answer> {
    const { clock, log } = this.#surroundings
    let answer: Answer | Problem
    try {
      answer = await this.#post(question, isKnown)
    } catch (error) {
      this.#failed(error as Error)
      const before = this.#options.onFailure === 'cached' ? this.#answers.last(key) : undefined
      if (before === undefined) throw new Problem('login-unavailable', undefined, RETRY_AFTER_S)
      return before
    }
    if (this.#isAway) log.info('The callback (auth.http.url) answers again.')
    this.#isAway = false
    if (!(answer instanceof Problem) && answer.expiresMs !== undefined && answer.expiresMs <= clock.now()) answer = new Problem('bad-credentials', 'Your credentials have expired.')
    if (answer instanceof Problem) {
      this.#answers.delete(key)
      throw answer
    }
    this.#answers.add(key, answer)
    return answer
  }

  async #post (body: string, isKnown: boolean): Promise<Answer | Problem> {
    const { clock, closing } = this.#surroundings
    const { timeoutMs } = this.#options
    const controller = new AbortController()
    const { signal } = controller
    this.#open.add(controller)
    const cancel = clock.after(timeoutMs, () => controller.abort(new Error(`it did not answer within ${timeoutMs} ms`)))
    if (closing.aborted) controller.abort()
    try {
      return await this.#atOnce.run(signal, async () => {
        const send = (): Promise<Response> => fetch(this.#url, { method: 'POST', headers: this.#headers, body, redirect: 'manual', signal })
        // A connection that was kept may have been closed at the other end. To ask twice changes nothing.
        const response = await send().catch((error: unknown) => wasCut(error) ? send() : Promise.reject(error))
        return await read(response, isKnown, clock.now())
      })
    } finally {
      cancel()
      this.#open.delete(controller)
      controller.abort() // what is left of an answer is not waited for
    }
  }

  #failed (error: Error): void {
    const { clock, log, closing } = this.#surroundings
    const nowMs = clock.elapsed()
    if (closing.aborted || (this.#isAway && nowMs - this.#toldMs < TELL_MS)) return
    this.#isAway = true
    this.#toldMs = nowMs
    log.warn(`The callback (auth.http.url) cannot be asked: ${codeOf(error) ?? error.message}. ${this.#options.onFailure === 'cached' ? 'Its last answers stay good; others' : 'Callers'} are told to come back.`)
  }
}

/** fetch hides why behind "fetch failed". */
function codeOf (error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : undefined
}

function wasCut (error: unknown): boolean { return ['UND_ERR_SOCKET', 'ECONNRESET'].includes(codeOf(error) ?? '') }

async function read (response: Response, isKnown: boolean, nowMs: number): Promise<Answer | Problem> {
  const { status } = response
  if (status === 200) return readAnswer(await readBody(response, MAX_BODY_BYTES), isKnown, nowMs)
  if (status !== 401 && status !== 403) throw new Error(`it answered ${status}`) // a redirect is not followed: it could lead anywhere
  const sentence = await readBody(response, MAX_BODY_BYTES).then(readSentence, () => undefined)
  return new Problem(status === 401 ? 'bad-credentials' : 'forbidden', sentence ?? 'Your credentials are not good enough to come in here.')
}

function readBearer (path: string): string {
  const secret = (readSecret(path, 'auth.http.secretFile').key).export().toString('latin1')
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new ConfigError([`auth.http.secretFile names ${quote(path)}, which holds a secret with characters that no header can have; openssl rand -base64 32 makes one`])
  return secret
}
