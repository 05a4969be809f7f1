import type { Method } from './access.ts'
import { keyIdOf } from './fingerprints.ts'
import type { Handshake } from './handshake.ts'
import type { Identity } from './identity.ts'

/** What a team's own hook says of a caller; what it leaves out is that of a plain device. */
export type Authenticated = Partial<Identity> & Pick<Identity, 'subject'>

/**
 * A team's own way to tell who comes, asked before all others. Undefined: it knows nothing of that caller, and the others are
 * asked. A `Problem` that it throws is the caller's answer; any other error is logged and answered with 500, which devices
 * take for a while of trouble and not for a refusal.
 */
export type Authenticate = (handshake: Handshake) => Promise<Authenticated | undefined> | Authenticated | undefined

const DEVICE = { by: 'callback', roles: ['device'], groups: [], watch: [] } as const

/** Without members that are there and say nothing. */
function said (known: Authenticated): Authenticated {
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as Authenticated
}

export function methodOf (authenticate: Authenticate): Method {
  return async (handshake) => {
    const known = await authenticate(handshake)
    if (known === undefined) return undefined
    const identity = { ...DEVICE, ...said(known) }
    return identity.keyId === undefined ? identity : { ...identity, keyId: keyIdOf(identity.keyId) }
  }
}
