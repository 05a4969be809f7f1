import { Problem } from '../protocol/problem.ts'
import type { Callback } from './callback.ts'
import type { Handshake } from './handshake.ts'
import { NOBODY, type Identity } from './identity.ts'
import type { Policy } from './policy.ts'
import type { Tickets } from './tickets.ts'

/**
 * One way to prove who one is. Undefined where the caller brought nothing of its kind; rejects with a `Problem` where it did,
 * and that is not good.
 */
export type Method = (handshake: Handshake) => Promise<Identity | undefined> | undefined

/**
 * Who comes in. The first method whose kind of proof a caller brought decides; then the callback, if there is one, about those who are
 * left, or about all. Who brought nothing is nobody, where that is allowed.
 * A token that no method knows is refused then, too: whose was cut off on its way has to hear of it.
 */
export class Access {
  readonly policy: Policy
  /** Undefined where there are none. */
  readonly tickets: Tickets | undefined
  readonly #methods: readonly Method[]
  readonly #callback: Callback | undefined

  constructor (policy: Policy, methods: readonly Method[], tickets?: Tickets, callback?: Callback) {
    this.policy = policy
    this.tickets = tickets
    this.#methods = methods
    this.#callback = callback
  }

  /** Whether there is any way to log in. */
  get hasLogin (): boolean { return this.#methods.length > 0 || this.#callback !== undefined }

  /** Throws a `Problem`. `mayBeNobody`: whether this caller may come without credentials. */
  async identify (handshake: Handshake, mayBeNobody: boolean): Promise<Identity> {
    const { token, certificate } = handshake
    const known = await this.#knownBy(handshake)
    if (this.#callback?.isAlwaysAsked === true) return await this.#callback.decide(handshake, known)
    if (known !== undefined) return known
    const isBare = token === undefined && certificate === undefined
    if (this.#callback !== undefined && !(isBare && mayBeNobody)) return await this.#callback.decide(handshake, undefined)
    if (this.hasLogin && token !== undefined) throw new Problem('bad-credentials', 'Your token is of no kind that this server takes.')
    if (!mayBeNobody) throw new Problem('unauthenticated')
    return NOBODY
  }

  async #knownBy (handshake: Handshake): Promise<Identity | undefined> {
    for (const method of this.#methods) {
      const identity = await method(handshake)
      if (identity !== undefined) return identity
    }
    return undefined
  }
}
