import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { networkOf } from './address.ts'

const MAX_ADDRESSES = 10_000
const MAX_GOOD = 10_000
const FIRST_WAIT_MS = 1_000

interface Failed { count: number, lastMs: number, untilMs: number }

/**
 * Logins that failed, by address. After `max` of them each further one makes the address wait, twice as long as the last one did,
 * up to `maxWaitMs`; after a rest of that length all is forgotten. What was good on this instance lately is let through to be
 * looked at all the same, so that who shares his address with an abuser comes back.
 */
export class Failures {
  readonly #max: number
  readonly #maxWaitMs: number
  readonly #clock: Clock
  readonly #failed = new Map<string, Failed>()
  /** Digests: a secret is not kept. */
  readonly #good = new Set<string>()

  constructor (max: number, maxWaitMs: number, clock: Clock) {
    this.#max = max
    this.#maxWaitMs = maxWaitMs
    this.#clock = clock
  }

  get size (): number { return this.#failed.size + this.#good.size }

  /** For how long nobody from there is looked at who brings that. */
  waitMs (address: string, secret: string): number {
    const waitMs = (this.#failed.get(networkOf(address))?.untilMs ?? 0) - this.#clock.elapsed()
    return waitMs > 0 && !this.#good.has(digest(secret)) ? waitMs : 0
  }

  succeeded (secret: string): void {
    const key = digest(secret)
    this.#good.delete(key) // and so it is the newest
    this.#good.add(key)
    dropFirst(this.#good, MAX_GOOD)
  }

  failed (address: string, secret: string): void {
    this.#good.delete(digest(secret))
    const network = networkOf(address)
    const nowMs = this.#clock.elapsed()
    const before = this.#failed.get(network)
    const count = before === undefined || nowMs - Math.max(before.lastMs, before.untilMs) > this.#maxWaitMs ? 1 : before.count + 1
    const untilMs = count < this.#max ? 0 : nowMs + Math.min(this.#maxWaitMs, FIRST_WAIT_MS * 2 ** (count - this.#max))
    this.#failed.delete(network)
    this.#failed.set(network, { count, lastMs: nowMs, untilMs })
    dropFirst(this.#failed, MAX_ADDRESSES)
  }
}

function digest (secret: string): string {
  return createHash('sha256').update(secret).digest('base64')
}

function dropFirst (table: Map<string, unknown> | Set<string>, most: number): void {
  if (table.size > most) table.delete(table.keys().next().value as string)
}
