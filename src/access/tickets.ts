import { randomBytes } from 'node:crypto'
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import type { Settings } from '../config/index.ts'
import { Problem } from '../protocol/problem.ts'
import type { Method } from './access.ts'
import type { Identity } from './identity.ts'
import { readSecret } from './key-file.ts'
import type { Surroundings } from './surroundings.ts'
import { UsedTickets } from './used-tickets.ts'

export const DEFAULT_TICKET_MS = 10_000
export const MAX_TICKET_MS = 60_000
const PREFIX = 'tk_'
/** So that it is no token for logging in, and such a token is no ticket, even under the same secret. */
const TYPE = 'sluice-ticket+jwt'
const ID_BYTES = 12

/** What a ticket carries on: who asked for it, and what binds it. Who asked stays who it is, also where it comes as another device. `exp` has milliseconds as a fraction. */
interface Claims extends JWTPayload {
  readonly who: Omit<Identity, 'by' | 'as' | 'redeem'>
  readonly as: string
  readonly origin?: string
}

export interface Binding {
  readonly device: string
  /** The only origin of a page that may redeem it. */
  readonly origin: string | undefined
  readonly ttlMs: number
}

/** Makes tickets, and lets in those who bring them: on any instance that has the secret, on each once. */
export class Tickets {
  readonly #clock: Surroundings['clock']
  readonly #secret: ReturnType<typeof readSecret>
  readonly #used: UsedTickets

  constructor (secretFile: string, { clock }: Surroundings) {
    this.#clock = clock
    this.#secret = readSecret(secretFile, 'auth.tickets.secretFile')
    this.#used = new UsedTickets(clock, 2 * MAX_TICKET_MS)
  }

  /** A ticket for whom that is. It never outlives the credentials that it was asked for with, nor does the socket that it opens. */
  async make ({ by, as: _, redeem, ...who }: Identity, { device, origin, ttlMs }: Binding): Promise<{ ticket: string, expiresAt: number }> {
    const expiresAt = Math.min(this.#clock.now() + ttlMs, who.expiresMs ?? Infinity)
    const claims: Claims = { who, as: device, ...(origin === undefined ? {} : { origin }) }
    const jws = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: TYPE })
      .setJti(randomBytes(ID_BYTES).toString('base64url'))
      .setExpirationTime(expiresAt / 1000)
      .sign(this.#secret.key)
    return { ticket: PREFIX + jws, expiresAt }
  }

  readonly method: Method = ({ token, opensSocket, device, origin }) => {
    if (token === undefined || !isTicket(token)) return undefined
    return this.#identify(token.slice(PREFIX.length), opensSocket === true, device, origin)
  }

  async #identify (jws: string, opensSocket: boolean, device: string | undefined, origin: string | undefined): Promise<Identity> {
    if (!opensSocket) throw new Problem('bad-credentials', 'A ticket opens a socket, and is good for nothing else.')
    const { who, as, jti, exp, origin: bound } = await this.#verify(jws)
    const expiresMs = Math.round(exp as number * 1000)
    if (expiresMs <= this.#clock.now()) throw new Problem('bad-credentials', 'Your ticket has expired; get a new one.')
    if (expiresMs > this.#clock.now() + 2 * MAX_TICKET_MS) throw new Problem('bad-credentials', 'Your ticket is good for longer than tickets are; do the clocks of the instances differ?')
    if (device !== undefined && device !== as) throw new Problem('forbidden', 'Your ticket is for another device.')
    if (bound !== undefined && bound !== origin) throw new Problem('forbidden', 'Your ticket is for a page of another origin.')
    return { ...who, by: 'ticket', as, redeem: () => this.#used.add(jti as string) }
  }

  async #verify (jws: string): Promise<Claims> {
    try {
      const { payload } = await jwtVerify<Claims>(jws, this.#secret.key, { algorithms: ['HS256'], typ: TYPE, currentDate: new Date(this.#clock.now()), requiredClaims: ['exp', 'jti', 'who', 'as'] })
      return payload
    } catch (error) {
      throw new Problem('bad-credentials', error instanceof errors.JWTExpired ? 'Your ticket has expired; get a new one.' : 'Your ticket is not one of this server.')
    }
  }
}

/** Whether that is meant to be a ticket. */
export function isTicket (token: string): boolean { return token.startsWith(PREFIX) }

/** Undefined where the settings name no secret. Throws a `ConfigError`. */
export function createTickets ({ tickets: { secretFile } }: Settings['auth'], surroundings: Surroundings): Tickets | undefined {
  return secretFile === undefined ? undefined : new Tickets(secretFile, surroundings)
}
