import type { JWTPayload } from 'jose'
import type { Settings } from '../config/index.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { Problem } from '../protocol/problem.ts'
import { DEVICES, EVENTS, ID, MAX_ITEMS, NAME } from './facts.ts'
import type { Identity } from './identity.ts'
import { NOBODY } from './identity.ts'

const MAX_TEXT = 255
/** A time later than this, in the year 5138, was meant in milliseconds. */
const LATEST_S = 100_000_000_000

/**
 * Who a verified token says that its bearer is. Nothing is taken as it stands: its issuer may let people choose their own names.
 * Throws a `Problem` that names the claim.
 */
export function identityOf (payload: JWTPayload, { claims, jwt }: Settings['auth']): Identity {
  const roles = list(payload, claims.roles, NAME) ?? ['device']
  if (NOBODY.roles.some((role) => roles.includes(role))) throw bad(claims.roles, 'names the role of callers without credentials')
  const device = claimAt(payload, claims.device)
  const isDevice = typeof device === 'string' && isDeviceId(device)
  if (!isDevice && roles.includes('device')) throw bad(claims.device, 'is no device id: 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -')
  const subject = text(payload, 'sub')
  return {
    by: 'token',
    subject: subject ?? (isDevice ? device : 'unnamed'),
    device: isDevice ? device : undefined,
    roles,
    groups: list(payload, claims.groups, NAME) ?? [],
    events: list(payload, claims.events, EVENTS),
    watch: list(payload, claims.watch, DEVICES) ?? [],
    quota: text(payload, claims.quota, NAME),
    expiresMs: expiryOf(payload, jwt.clockToleranceMs),
    tokenId: text(payload, 'jti', ID)
  }
}

/** Until when it counts, by our own clock. */
function expiryOf ({ exp }: JWTPayload, toleranceMs: number): number | undefined {
  if (exp === undefined) return undefined
  if (exp > LATEST_S) throw bad('exp', 'is no time in seconds since 1970')
  return exp * 1000 + toleranceMs
}

/** An array of strings, or a string in which they are separated by spaces, as `scope` is. */
function list (payload: JWTPayload, name: string, allowed: RegExp): readonly string[] | undefined {
  const value = claimAt(payload, name)
  if (value === undefined) return undefined
  const items: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ').filter((item) => item !== '') : [value]
  if (items.length > MAX_ITEMS) throw bad(name, `has more than ${MAX_ITEMS} entries`)
  if (!items.every((item) => typeof item === 'string' && allowed.test(item))) throw bad(name, 'has an entry that is no text, is too long, or has a character that it cannot have')
  return items as string[]
}

function text (payload: JWTPayload, name: string, allowed = /^[^]*$/): string | undefined {
  const value = claimAt(payload, name)
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value.length > MAX_TEXT || !allowed.test(value)) throw bad(name, `is no text of up to ${MAX_TEXT} characters that it can have`)
  return value
}

/**
 * The claim of that name, or the one that it leads to by its dots; a name that stands there as a whole comes first, at each step:
 * `realm_access.roles`, and `https://example.com/roles` too. One that is null is not there.
 */
function claimAt (node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined
  const member = (key: string): unknown => Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] ?? undefined : undefined
  let found = member(name)
  for (let dot = name.indexOf('.'); found === undefined && dot !== -1; dot = name.indexOf('.', dot + 1)) {
    found = claimAt(member(name.slice(0, dot)), name.slice(dot + 1))
  }
  return found
}

function bad (claim: string, what: string): Problem { return new Problem('bad-credentials', `Your token's claim ${claim} ${what}.`) }
