/** A team's own login, for tests of what follows from it: a token is the caller's identity, written down. */

import type { Authenticate, Authenticated } from '../../src/access/authenticate.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { keepSecret } from '../logs/keep.ts'

/** A token that `authenticate` takes for that identity; a subprotocol can carry it. */
export function tokenOf (identity: Partial<Authenticated>): string {
  const token = Buffer.from(JSON.stringify({ subject: identity.device ?? 'somebody', ...identity })).toString('hex')
  keepSecret(token)
  return token
}

/** The headers of a caller with that token. */
export function bearer (identity: Partial<Authenticated>): { authorization: string } {
  return { authorization: `Bearer ${tokenOf(identity)}` }
}

export const OPERATOR = { subject: 'olga', roles: ['operator'] }

export const authenticate: Authenticate = ({ token }) => {
  if (token === undefined) return undefined
  let identity: Authenticated
  try {
    identity = JSON.parse(Buffer.from(token, 'hex').toString()) as Authenticated
  } catch {
    throw new Problem('bad-credentials', 'This token is not good.')
  }
  if ((identity.expiresMs ?? Infinity) <= Date.now()) throw new Problem('bad-credentials', 'This token has expired.')
  return identity
}

/** Who brings no token is the device that it says. */
export const believing: Authenticate = (handshake) => {
  const { token, device = '' } = handshake
  return token === undefined ? { subject: device, device } : authenticate(handshake)
}
