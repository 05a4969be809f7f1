import { createHmac } from 'node:crypto'
import { byJwt } from '../../../src/access/jwt.ts'
import { systemClock } from '../../../src/clock.ts'
import { defaults } from '../../../src/config/index.ts'
import { Problem } from '../../../src/protocol/problem.ts'
import { AUDIENCE, ISSUER, SECRET, token } from '../draw/tokens.ts'
import { must, type Kind } from '../kind.ts'
import { shapeOf } from './shape.ts'

const TOLERANCE_S = 5

/** Login by JWT: who gets in has to be one whom a plain reading of RFC 7519 lets in, too. */
export function logins (secretFile: string): Kind {
  const { auth } = defaults({ auth: { jwt: { secretFile, issuer: ISSUER, audience: AUDIENCE } } })
  const login = byJwt(auth, { clock: systemClock, log: { info: () => {}, warn: () => {} }, closing: new AbortController().signal })
  return {
    name: 'JWT',
    share: 5,
    draw: (random) => Buffer.from(token(random)),
    check: async (input) => {
      const text = input.toString('latin1')
      try {
        const identity = await login?.({ address: '127.0.0.1', origin: undefined, device: undefined, token: text })
        if (identity !== undefined) must(isGood(text), `it lets in ${JSON.stringify(identity)}`)
      } catch (error) {
        if (!(error instanceof Problem && error.code === 'bad-credentials')) throw error
      }
    }
  }
}

/** Whether a token is signed with our secret, by the one algorithm that may be, and its claims let it in. */
export function isGood (text: string): boolean {
  try {
    const [header = '', payload = '', signature = '', ...more] = text.split('.')
    const parts = [header, payload].map((part) => Buffer.from(part, 'base64url').toString())
    const [{ alg, crit }, { exp, nbf, iat, iss, aud }] = parts.map((part) => JSON.parse(part) as Record<string, unknown>) as [Record<string, unknown>, Record<string, unknown>]
    const right = createHmac('sha256', SECRET).update(`${header}.${payload}`).digest()
    const nowS = Date.now() / 1000
    const isAtMost = (time: unknown, latestS: number): boolean => time === undefined || (typeof time === 'number' && time <= latestS)
    return more.length === 0 && alg === 'HS256' && crit === undefined && right.equals(Buffer.from(signature, 'base64url')) &&
      typeof exp === 'number' && exp > nowS - TOLERANCE_S && isAtMost(nbf, nowS + TOLERANCE_S) && isAtMost(iat, nowS + TOLERANCE_S) &&
      iss === ISSUER && (Array.isArray(aud) ? aud.includes(AUDIENCE) : aud === AUDIENCE) && !parts.some((part) => shapeOf(part).namesTwice)
  } catch {
    return false
  }
}
