import { createSecretKey } from 'node:crypto'
import t from 'tap'
import type { Identity } from '../../src/access/identity.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { givenAccess, handshake } from './given.ts'
import { byHmac, fileWith, forged, inSeconds, pairs, pemOf, secret, token } from './issuer.ts'

const key = createSecretKey(Buffer.from(secret))
const secretFile = fileWith(t, `${secret}\n`)
const HS256 = { alg: 'HS256' }

await t.test('every algorithm, each by a key of its kind', async (t) => {
  const kinds = { rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'], p256: ['ES256'], p384: ['ES384'], p521: ['ES512'], ed25519: ['EdDSA', 'Ed25519'] }
  for (const [kind, algorithms] of Object.entries(kinds)) {
    const pair = pairs[kind as keyof typeof pairs]()
    const { login } = await givenAccess(t, { jwt: { publicKeyFile: fileWith(t, pemOf(pair)) } })
    for (const alg of algorithms) t.match(await login(await token(pair.privateKey, { alg })), { device: 'sensor-1' }, alg)
  }
  const { login } = await givenAccess(t, { jwt: { secretFile } })
  t.match(await login(await token(key, HS256)), { device: 'sensor-1' })
})

await t.test('what a token may be, and need not', async (t) => {
  const { login } = await givenAccess(t, { jwt: { secretFile } })
  for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt']) t.match(await login(await token(key, { ...HS256, typ })), { device: 'sensor-1' }, typ)
  for (const kid of ['any', '../../etc/passwd']) t.match(await login(await token(key, { ...HS256, kid })), { device: 'sensor-1' }, 'one key needs no name')
  t.match(await login(await token(key, { ...HS256, jku: 'http://127.0.0.1:1/' })), { device: 'sensor-1' }, 'what is never looked at does no harm')
  t.match(await login(forged(HS256, '{"sub":"a","exp":9999999999,"x":["\\"sub\\":",{"sub":"b\\\\"}],"y":{"sub":1}}', byHmac(secret))), { device: 'a' }, 'the same name in other objects')
})

await t.test('who comes without a token of this kind is nothing to it', async (t) => {
  const { access } = await givenAccess(t, { jwt: { secretFile } })
  t.equal(access.hasLogin, true)
  t.match(await access.identify(handshake(undefined), true), { by: 'nothing' })
  await t.rejects(access.identify(handshake(undefined), false), { code: 'unauthenticated' })
  for (const mayBeNobody of [true, false]) await t.rejects(access.identify(handshake('x'), mayBeNobody), { code: 'bad-credentials' })
  const open = await givenAccess(t, {})
  t.equal(open.access.hasLogin, false)
  t.match(await open.access.identify(handshake('x'), true), { by: 'nothing' }, 'where there is no login, a token says nothing')
})

await t.test('clocks may differ by as much as is set, and no more', async (t) => {
  const clock = new HeldClock()
  const { login } = await givenAccess(t, { jwt: { secretFile, clockToleranceMs: 10_000 } }, clock)
  const now = inSeconds(clock.now())
  const jwt = await token(key, HS256, { iat: now + 9, nbf: now + 9, exp: now + 30 })
  t.match(await login(jwt), { expiresMs: (now + 40) * 1000 }, 'it is good for as long as it would be taken')
  t.match(await login(await token(key, HS256, { iat: now + 12 })), /iat lies in the future/)
  t.match(await login(await token(key, HS256, { nbf: now + 12 })), /nbf is not one/)
  clock.advance(39_000 - clock.now() % 1000)
  t.match(await login(jwt), { device: 'sensor-1' })
  clock.advance(1_000)
  t.match(await login(jwt), /has expired/)
})

await t.test('the same token again is not verified again', async (t) => {
  const { login } = await givenAccess(t, { jwt: { secretFile } })
  const jwt = await token(key, HS256)
  t.equal(await login(jwt), await login(jwt))
})

await t.test('a token that never expires is taken where that is said', async (t) => {
  const { login } = await givenAccess(t, { jwt: { secretFile, requireExpiry: false } })
  t.equal((await login(await token(key, HS256, { exp: undefined })) as Identity).expiresMs, undefined)
  t.match(await login(await token(key, HS256, { exp: 1 })), /has expired/)
})

await t.test('that any audience will do is said at the start', async (t) => {
  t.match((await givenAccess(t, { jwt: { secretFile } })).log, [/^auth\.jwt\.audience is not set: .* lets in here, too\.$/])
  const { log, login } = await givenAccess(t, { jwt: { secretFile, audience: 'sluice' } })
  t.strictSame(log, [])
  t.match(await login(await token(key, HS256, { aud: ['other', 'sluice'] })), { device: 'sensor-1' })
})
