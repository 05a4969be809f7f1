import type { Clock } from '../clock.ts'
import { Counts } from '../counts.ts'
import { Problem } from '../protocol/problem.ts'
import { networkOf } from './address.ts'
import { Failures } from './failures.ts'

const RETRY_AFTER_S = 2

export interface LoginLimits {
  readonly maxPending: number
  readonly maxPendingPerAddress: number
  readonly timeoutMs: number
  readonly maxFailures: number
  readonly maxFailureWaitMs: number
}

/** Logins under way: how many, for how long, and who has failed too often. */
export class Logins {
  readonly #limits: LoginLimits
  readonly #clock: Clock
  readonly #failures: Failures
  readonly #pending = new Counts()
  #inAll = 0

  constructor (limits: LoginLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#failures = new Failures(limits.maxFailures, limits.maxFailureWaitMs, clock)
  }

  /** Throws a `Problem`: that of `login`, or one of its own. */
  async run<T> (address: string, secret: string | undefined, login: () => Promise<T>): Promise<T> {
    const network = networkOf(address)
    if (this.#inAll >= this.#limits.maxPending || this.#pending.of(network) >= this.#limits.maxPendingPerAddress) throw new Problem('too-many-logins', undefined, RETRY_AFTER_S)
    const waitMs = secret === undefined ? 0 : this.#failures.waitMs(address, secret)
    if (waitMs > 0) throw new Problem('too-many-failures', undefined, Math.ceil(waitMs / 1000))
    this.#inAll += 1
    this.#pending.add(network)
    try {
      const result = await this.#inTime(login())
      if (secret !== undefined) this.#failures.succeeded(secret)
      return result
    } catch (error) {
      if (secret !== undefined && error instanceof Problem && error.code === 'bad-credentials') this.#failures.failed(address, secret)
      throw error
    } finally {
      this.#inAll -= 1
      this.#pending.remove(network)
    }
  }

  /** What answers late is not waited for. */
  async #inTime<T> (login: Promise<T>): Promise<T> {
    let cancel = (): void => {}
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(this.#limits.timeoutMs, () => reject(new Problem('login-unavailable', 'Your credentials could not be looked at in time; try again later.', RETRY_AFTER_S)))
    })
    try {
      return await Promise.race([login, late])
    } finally {
      cancel()
    }
  }
}
