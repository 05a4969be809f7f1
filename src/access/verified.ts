import { createHash } from 'node:crypto'
import type { Identity } from './identity.ts'

/**
 * Who the tokens of late are that were verified: after an outage all devices come back with the same ones, and a signature takes 50 to 180 µs of
 * CPU to verify, a look in here 2. Tokens themselves are not kept. Who brought theirs least lately is forgotten first.
 */
export class Verified {
  readonly #identities = new Map<string, Identity>()
  readonly #max: number

  constructor (max: number) {
    this.#max = max
  }

  /** Undefined also where it has expired. */
  get (token: string, nowMs: number): Identity | undefined {
    const hash = hashOf(token)
    const identity = this.#identities.get(hash)
    if (identity === undefined) return undefined
    this.#identities.delete(hash)
    if (identity.expiresMs !== undefined && identity.expiresMs <= nowMs) return undefined
    this.#identities.set(hash, identity)
    return identity
  }

  add (token: string, identity: Identity): void {
    this.#identities.set(hashOf(token), identity)
    if (this.#identities.size > this.#max) this.#identities.delete(this.#identities.keys().next().value as string)
  }
}

function hashOf (token: string): string { return createHash('sha256').update(token).digest('base64url') }
