import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'

const MAX_NETWORKS = 10_000
const MAX_GOOD = 10_000
const FIRST_WAIT_MS = 1_000

interface Failed { count: number, lastMs: number, untilMs: number }

/**
 * Logins that failed, by network. After `max` of them each further one makes the network wait, twice as long as the last one did,
 * up to `maxWaitMs`; after a rest of that length all is forgotten. And secrets that were good on this instance lately: who shares his
 * network with an abuser comes back with them.
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

  /** For how long that network has to wait; 0: not at all. */
  waitMs (network: string): number {
    return Math.max(0, (this.#failed.get(network)?.untilMs ?? 0) - this.#clock.elapsed())
  }

  /** Whether it had to wait, and that is not forgotten yet. */
  hasWaited (network: string): boolean { return (this.#known(network)?.count ?? 0) >= this.#max }

  wasGood (secret: string | undefined): boolean { return secret !== undefined && this.#good.has(digest(secret)) }

  succeeded (secret: string): void {
    const key = digest(secret)
    this.#good.delete(key) // and so it is the newest
    this.#good.add(key)
    dropFirst(this.#good, MAX_GOOD)
  }

  failed (network: string, secret: string | undefined): void {
    if (secret !== undefined) this.#good.delete(digest(secret))
    const nowMs = this.#clock.elapsed()
    const count = (this.#known(network)?.count ?? 0) + 1
    const untilMs = count < this.#max ? 0 : nowMs + Math.min(this.#maxWaitMs, FIRST_WAIT_MS * 2 ** (count - this.#max))
    this.#failed.delete(network)
    this.#failed.set(network, { count, lastMs: nowMs, untilMs })
    dropFirst(this.#failed, MAX_NETWORKS)
  }

  #known (network: string): Failed | undefined {
    const failed = this.#failed.get(network)
    return failed === undefined || this.#clock.elapsed() - Math.max(failed.lastMs, failed.untilMs) > this.#maxWaitMs ? undefined : failed
  }
}

function digest (secret: string): string {
  return createHash('sha256').update(secret).digest('base64')
}

function dropFirst (table: Map<string, unknown> | Set<string>, most: number): void {
  if (table.size > most) table.delete(table.keys().next().value as string)
}
