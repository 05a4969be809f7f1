import { Problem } from '../protocol/problem.ts'
import type { Callback } from './callback.ts'
import type { Handshake } from './handshake.ts'
import { NOBODY, type Identity } from './identity.ts'
import type { Policy } from './policy.ts'
import { isTicket, type Tickets } from './tickets.ts'

/**
 * One way to prove who one is. Undefined where the caller brought nothing of its kind; rejects with a `Problem` where it did,
 * and that is not good.
 */
export type Method = (handshake: Handshake) => Promise<Identity | undefined> | undefined

/** The ways to log in that there are. */
export interface Ways {
  /** A team's own, asked first, but not about our own tickets. */
  readonly hook?: Method | undefined
  /** Those that look at what a caller brought by what this process knows. */
  readonly methods: readonly Method[]
  readonly tickets?: Tickets | undefined
  readonly callback?: Callback | undefined
}

/**
 * Who comes in. The first method whose kind of proof a caller brought decides; then the callback, if there is one, about those who are
 * left, or about all. Who brought nothing is nobody, where that is allowed.
 * A token that no method knows is refused then, too: whose was cut off on its way has to hear of it.
 */
export class Access {
  readonly policy: Policy
  /** Undefined where there are none. */
  readonly tickets: Tickets | undefined
  readonly #hook: Method | undefined
  readonly #methods: readonly Method[]
  readonly #callback: Callback | undefined

  constructor (policy: Policy, { hook, methods, tickets, callback }: Ways) {
    this.policy = policy
    this.tickets = tickets
    this.#hook = hook
    this.#methods = methods
    this.#callback = callback
  }

  /** Whether there is any way to log in. */
  get hasLogin (): boolean { return this.#hook !== undefined || this.#methods.length > 0 || this.#callback !== undefined }

  /**
   * Throws a `Problem`. `mayBeNobody`: whether this caller may come without credentials. `ask` is called before the hook or the callback
   * is asked about somebody who may be guessing, and may throw a `Problem` instead.
   */
  async identify (handshake: Handshake, mayBeNobody: boolean, ask: () => void = () => {}): Promise<Identity> {
    const { token, certificate } = handshake
    const isBare = token === undefined && certificate === undefined
    const known = await this.#knownBy(handshake, ask)
    if (this.#callback?.isAlwaysAsked === true) {
      if (known === undefined && !isBare) ask()
      return await this.#callback.decide(handshake, known)
    }
    if (known !== undefined) return known
    if (this.#callback !== undefined && !(isBare && mayBeNobody)) {
      if (!isBare) ask()
      return await this.#callback.decide(handshake, undefined)
    }
    if (this.hasLogin && token !== undefined) throw new Problem('bad-credentials', 'Your token is of no kind that this server takes.')
    if (!mayBeNobody) throw new Problem('unauthenticated')
    return NOBODY
  }

  async #knownBy (handshake: Handshake, ask: () => void): Promise<Identity | undefined> {
    if (this.#hook !== undefined && !(this.tickets !== undefined && isTicket(handshake.token ?? ''))) {
      try {
        ask()
      } catch (error) {
        // Of this very token nobody is guessing. A certificate says nothing of a token that comes beside it.
        if (await this.#verify({ ...handshake, certificate: undefined }) === undefined) throw error
      }
      const identity = await this.#hook(handshake)
      if (identity !== undefined) return identity
    }
    return await this.#verify(handshake)
  }

  async #verify (handshake: Handshake): Promise<Identity | undefined> {
    for (const method of this.#methods) {
      const identity = await method(handshake)
      if (identity !== undefined) return identity
    }
    return undefined
  }
}
