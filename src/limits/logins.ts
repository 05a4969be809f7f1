import type { Clock } from '../clock.ts'
import { Counts } from '../counts.ts'
import { Problem } from '../protocol/problem.ts'
import { networkOf } from './address.ts'
import { Failures } from './failures.ts'

const RETRY_AFTER_S = 2
const MS = 1000

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
  readonly #asking = new Counts()
  #inAll = 0

  constructor (limits: LoginLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#failures = new Failures(limits.maxFailures, limits.maxFailureWaitMs, clock)
  }

  /**
   * Throws a `Problem`: that of `login`, or one of its own. `secret`: what the caller brings, where it says so at once. `login` calls `ask`
   * before it asks anybody who knows more than this process does, which throws while the address has to wait. What can be looked at here is
   * looked at then, too: it cannot be guessed, and who shares the address with an abuser comes in. That it was bad is told after the wait.
   */
  async run<T> (address: string, secret: string | undefined, login: (ask: () => void) => Promise<T>): Promise<T> {
    const network = networkOf(address)
    if (this.#inAll >= this.#limits.maxPending || this.#pending.of(network) >= this.#limits.maxPendingPerAddress) throw new Problem('too-many-logins', undefined, RETRY_AFTER_S)
    const isFree = this.#failures.wasGood(secret)
    let isAsking = false
    let isOver = false
    const ask = (): void => {
      if (isAsking || isOver) return
      if (!isFree) this.#admit(network)
      isAsking = true
    }
    this.#inAll += 1
    this.#pending.add(network)
    try {
      const result = await this.#inTime(login(ask))
      if (isAsking && secret !== undefined) this.#failures.succeeded(secret)
      return result
    } catch (error) {
      if (!isRefusal(error, secret !== undefined, isAsking)) throw error
      const waitMs = isFree ? 0 : this.#failures.waitMs(network)
      if (waitMs > 0) throw tooMany(waitMs)
      this.#failures.failed(network, secret)
      throw error
    } finally {
      this.#inAll -= 1
      this.#pending.remove(network)
      if (isAsking && !isFree) this.#asking.remove(network)
      isOver = true
    }
  }

  /** After a wait one is asked about at a time, or many at once would be as good as no wait. */
  #admit (network: string): void {
    const waitMs = this.#failures.waitMs(network)
    if (waitMs > 0) throw tooMany(waitMs)
    if (this.#asking.of(network) > 0 && this.#failures.hasWaited(network)) throw tooMany(MS)
    this.#asking.add(network)
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

function tooMany (waitMs: number): Problem { return new Problem('too-many-failures', undefined, Math.ceil(waitMs / MS)) }

/** Whether what was brought was no good. Who brings nothing that anybody looks at guesses nothing; what is known here and forbidden is no guess, what others forbid may be. */
function isRefusal (error: unknown, hasSecret: boolean, isAsked: boolean): boolean {
  if (!(error instanceof Problem)) return false
  return (error.code === 'bad-credentials' && (hasSecret || isAsked)) || (error.code === 'forbidden' && isAsked)
}
