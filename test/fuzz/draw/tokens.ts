/** JWTs: good ones, and such as are wrong in their header, their claims, their signature, or how they are written. */

import { byHmac, forged } from '../../access/issuer.ts'
import type { Random } from '../../ledger/random.ts'
import { json, object } from './json.ts'

/** Always the same, so that an input that was printed is the same another time. */
export const SECRET = 'sixty-four characters that are no secret, as they stand in a file'
export const ISSUER = 'https://issuer.example/'
export const AUDIENCE = 'sluice'
const FAR_S = 4_102_444_800

const HEADERS: ReadonlyArray<readonly [name: string, values: readonly string[]]> = [
  ['alg', ['"HS256"', '"none"', '"None"', '"RS256"', '"HS512"', '""', 'null', '1', '["HS256"]']],
  ['typ', ['"JWT"', '"at+jwt"', '"logout+jwt"', '1', 'null', '""']],
  ['kid', ['"a"', '"../../etc/passwd"', '1', 'null', '"\' OR 1=1"']],
  ['crit', ['["exp"]', '[]', '["b64"]', 'null', '"b64"']],
  ['b64', ['false', 'true', '"false"']],
  ['jku', ['"http://127.0.0.1:1/"']],
  ['jwk', ['{"kty":"oct","k":"AAAA"}']],
  ['zip', ['"DEF"']]
]
const CLAIMS: ReadonlyArray<readonly [name: string, values: readonly string[]]> = [
  ['sub', ['"sensor-1"', '"a b"', '""', '1', 'null', '"*"', '"{device}"']],
  ['exp', [String(FAR_S), '1', '0', '-1', '"4102444800"', 'null', '1e400', '4102444800.5']],
  ['nbf', ['1', String(FAR_S), '"1"', 'null']],
  ['iat', ['1', String(FAR_S), '"1"', 'null', '-1']],
  ['iss', [`"${ISSUER}"`, '"https://issuer.example"', `["${ISSUER}"]`, '1', 'null']],
  ['aud', [`"${AUDIENCE}"`, `["a","${AUDIENCE}"]`, '"other"', '[]', 'null', `{"${AUDIENCE}":1}`]],
  ['roles', ['["operator"]', '"device service"', '["*"]', '["anonymous"]', '[1]', '{}', '[]', 'null']],
  ['groups', ['["a"]', '["{watch}"]', '"a b"']],
  ['watch', ['["*"]', '["sensor-*"]', '["a b"]', '[null]']],
  ['events', ['["*"]', '["a*"]', '[""]']],
  ['quota', ['"default"', '"__proto__"', '1']],
  ['jti', ['"1"', '1', 'null', '""']]
]

export function token (random: Random): string {
  const header = members(random, HEADERS, 1)
  const payload = members(random, CLAIMS, 6)
  const good = forged(header, payload, byHmac(SECRET))
  return random.chance(0.6) ? good : random.pick(spoilt)(good, random)
}

const spoilt: ReadonlyArray<(good: string, random: Random) => string> = [
  (good) => good.slice(0, good.lastIndexOf('.') + 1),
  (good, random) => good.slice(0, random.int(0, good.length)),
  (good) => `${good}=`,
  (good) => `${good}.`,
  (good) => good.replace('.', '..'),
  (good) => good.replaceAll('-', '+').replaceAll('_', '/'),
  (good, random) => { // a header that was not signed
    const [, payload = '', signature = ''] = good.split('.')
    return [Buffer.from(members(random, HEADERS, 1)).toString('base64url'), payload, signature].join('.')
  },
  (good, random) => { // claims that were not signed
    const [header = '', , signature = ''] = good.split('.')
    return [header, Buffer.from(members(random, CLAIMS, 6)).toString('base64url'), signature].join('.')
  },
  (good, random) => good + 'x'.repeat(random.int(1, 9_000)),
  (good) => { // the last character has bits that say nothing
    const last = good.at(-1) as string
    return good.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
  }
]

/** The first `due` of them mostly as they should be, the others now and then; sometimes one twice, or any JSON at all. */
function members (random: Random, all: typeof CLAIMS, due: number): string {
  if (random.chance(0.03)) return json(random)
  const chosen: Array<readonly [string, string]> = []
  all.forEach(([name, [right, ...wrong]], n) => {
    const isDue = n < due && n !== 2 && n !== 3
    if (random.chance(isDue ? 0.97 : 0.08)) chosen.push([name, random.chance(0.95) || wrong.length === 0 ? right as string : random.pick(wrong)])
  })
  if (random.chance(0.05) && chosen.length > 0) chosen.push(random.pick(chosen))
  if (random.chance(0.05)) chosen.push(['more', json(random, 2)])
  return object(chosen, random)
}

/** Whoever may do everything that operators and services may. */
export const OPERATOR = forged({ alg: 'HS256' }, { sub: 'olga', iss: ISSUER, aud: AUDIENCE, exp: FAR_S, roles: ['operator', 'service'] }, byHmac(SECRET))

/** Who may connect as that device. */
export function deviceToken (sub: string): string { return forged({ alg: 'HS256' }, { sub, iss: ISSUER, aud: AUDIENCE, exp: FAR_S }, byHmac(SECRET)) }
