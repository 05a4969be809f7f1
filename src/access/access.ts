import { Problem } from '../protocol/problem.ts'
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
 * Who comes in. The first method whose kind of proof a caller brought decides; it brought none: it is nobody, where that is allowed.
 * A token that no method knows is refused then, too: whose was cut off on its way has to hear of it.
 */
export class Access {
  readonly policy: Policy
  /** Undefined where there are none. */
  readonly tickets: Tickets | undefined
  readonly #methods: readonly Method[]

  constructor (policy: Policy, methods: readonly Method[], tickets?: Tickets) {
    this.policy = policy
    this.tickets = tickets
    this.#methods = methods
  }

  /** Whether there is any way to log in. */
  get hasLogin (): boolean { return this.#methods.length > 0 }

  /** Throws a `Problem`. `mayBeNobody`: whether this caller may come without credentials. */
  async identify (handshake: Handshake, mayBeNobody: boolean): Promise<Identity> {
    for (const method of this.#methods) {
      const identity = await method(handshake)
      if (identity !== undefined) return identity
    }
    if (this.hasLogin && handshake.token !== undefined) throw new Problem('bad-credentials', 'Your token is of no kind that this server takes.')
    if (!mayBeNobody) throw new Problem('unauthenticated')
    return NOBODY
  }
}
