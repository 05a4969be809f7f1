import { errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose'
import type { Settings } from '../config/index.ts'
import { Problem } from '../protocol/problem.ts'
import type { Method } from './access.ts'
import { identityOf } from './claims.ts'
import type { Identity } from './identity.ts'
import { KeySet } from './jwks.ts'
import { ASYMMETRIC, readPublicKey, readSecret } from './key-file.ts'
import type { Surroundings } from './surroundings.ts'
import { isUnambiguous } from './unambiguous.ts'
import { Verified } from './verified.ts'

const MAX_CHARACTERS = 8192
/** As many as a process may have descriptors for. */
const MAX_VERIFIED = 20_000
const PARTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/
/** What may be brought as a credential: not a logout token, say, that the same issuer signs (RFC 8725, 3.11). */
const TYPES = ['jwt', 'at+jwt', 'application/at+jwt']

/** Login by JWT, as `Authorization: Bearer` or in the subprotocol; undefined where the settings name no keys. Throws a `ConfigError`. */
export function byJwt (auth: Settings['auth'], surroundings: Surroundings): Method | undefined {
  const { clock, log } = surroundings
  let verified = new Verified(MAX_VERIFIED)
  // What was verified by the former keys, and what still is, goes with them.
  const keys = keysOf(auth.jwt, surroundings, () => { verified = new Verified(MAX_VERIFIED) })
  if (keys === undefined) return undefined
  if (auth.jwt.audience === undefined) log.warn('auth.jwt.audience is not set: a token that was signed by the same key for any other service lets in here, too.')

  const identify = async (token: string): Promise<Identity> => {
    if (token.length > MAX_CHARACTERS) throw bad(`Your token is longer than ${MAX_CHARACTERS} characters.`)
    const known = verified
    const before = keys.areGood() ? known.get(token, clock.now()) : undefined
    if (before !== undefined) return before
    const identity = await verify(token, keys, auth, clock.now())
    known.add(token, identity)
    return identity
  }
  return ({ token }) => token === undefined || token.split('.', 4).length !== 3 ? undefined : identify(token)
}

/** What to verify by, and the only algorithms that may. */
interface Keys {
  readonly get: JWTVerifyGetKey
  readonly algorithms: readonly string[]
  readonly areGood: () => boolean
}

function keysOf ({ secretFile, publicKeyFile, jwksUrl, ...jwt }: Settings['auth']['jwt'], surroundings: Surroundings, changed: () => void): Keys | undefined {
  if (jwksUrl !== undefined) {
    const set = new KeySet({ url: jwksUrl, refreshMs: jwt.jwksRefreshMs, maxAgeMs: jwt.jwksMaxAgeMs, timeoutMs: jwt.jwksTimeoutMs }, surroundings, changed)
    void set.keepFresh()
    return { get: (header, token) => set.find(header, token), algorithms: ASYMMETRIC, areGood: () => set.isGood }
  }
  const pinned = secretFile !== undefined ? readSecret(secretFile) : publicKeyFile !== undefined ? readPublicKey(publicKeyFile) : undefined
  return pinned && { get: () => pinned.key, algorithms: pinned.algorithms, areGood: () => true }
}

async function verify (token: string, { get, algorithms }: Keys, auth: Settings['auth'], nowMs: number): Promise<Identity> {
  if (!PARTS.test(token)) throw bad(NOT_READABLE)
  const { issuer, audience, clockToleranceMs, requireExpiry } = auth.jwt
  const options: JWTVerifyOptions = {
    algorithms: [...algorithms],
    currentDate: new Date(nowMs),
    clockTolerance: clockToleranceMs / 1000,
    requiredClaims: requireExpiry ? ['exp'] : [],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience })
  }
  try {
    const { payload, protectedHeader: { typ, crit } } = await jwtVerify(token, get, options)
    if (crit !== undefined) throw bad('Your token demands what this server does not know (crit).')
    if (typ !== undefined && !TYPES.includes(String(typ).toLowerCase())) throw bad('Your token is of another kind than those for logging in (typ).')
    if (!token.split('.', 2).every((part) => isUnambiguous(Buffer.from(part, 'base64url').toString()))) throw bad('Your token has a name twice in one object, or is nested too deeply.')
    if (payload.iat !== undefined && payload.iat * 1000 > nowMs + clockToleranceMs) throw bad("Your token's claim iat lies in the future.")
    return identityOf(payload, auth)
  } catch (error) {
    throw error instanceof Problem ? error : bad(sentenceOf(error as Error))
  }
}

function bad (sentence: string): Problem { return new Problem('bad-credentials', sentence) }

const NOT_READABLE = 'Your token cannot be read as a JWT.'
const sentences: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: 'Your token has expired.',
  [errors.JOSEAlgNotAllowed.code]: 'Your token is signed by an algorithm that this server does not take.',
  [errors.JOSENotSupported.code]: 'Your token is signed in a way that this server does not take.',
  [errors.JWSSignatureVerificationFailed.code]: "Your token's signature is not good.",
  [errors.JWKSNoMatchingKey.code]: 'Your token is signed by a key that its issuer does not have, or no longer.',
  [errors.JWKSMultipleMatchingKeys.code]: 'Your token does not say by which of several keys it is signed (kid).',
  [errors.JWSInvalid.code]: NOT_READABLE,
  [errors.JWTInvalid.code]: NOT_READABLE
}

/** What is no error of the token's is one of the key's: too short, say, or not on its curve. */
function sentenceOf (error: Error): string {
  if (error instanceof errors.JWTClaimValidationFailed) return `Your token's claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not one that this server takes'}.`
  return sentences[(error as { code?: string }).code ?? ''] ?? 'The key by which your token is signed cannot be used.'
}
