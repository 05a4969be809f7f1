import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { methodOf, type Authenticated } from '../../src/access/authenticate.ts'
import { createAccess } from '../../src/access/create.ts'
import { defaults } from '../../src/config/index.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { fileWith, secret, token } from './issuer.ts'

const CALLER = { address: '10.0.0.1', origin: undefined, device: 'd1', token: 'abc' }

await t.test('a hook says who comes; what it leaves out is that of a plain device', async (t) => {
  t.strictSame(await methodOf(({ device, token }) => ({ subject: `${token}`, device }))(CALLER),
    { by: 'callback', subject: 'abc', device: 'd1', roles: ['device'], groups: [], watch: [] })
  t.match(await methodOf(async () => ({ subject: 's', roles: ['operator'], by: 'key', keyId: 'k1' }))(CALLER), { by: 'key', roles: ['operator'], keyId: 'k1' })
})

await t.test('while it may not be asked about anybody, it is asked about whom another login knows', async (t) => {
  const held = (): void => { throw new Problem('too-many-failures') }
  const surroundings = { clock: new HeldClock(), log: { info: () => {}, warn: () => {} }, closing: new AbortController().signal }
  const asked: Array<string | undefined> = []
  const access = await createAccess(defaults({ auth: { jwt: { secretFile: fileWith(t, secret) }, certificate: { device: 'cn' } } }), surroundings, ({ token, headers }) => {
    asked.push(token)
    return headers?.cookie === 'banned' ? Promise.reject(new Problem('forbidden')) : undefined
  })
  const good = await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' }, { exp: surroundings.clock.now() / 1000 + 60 })
  t.match(await access.identify({ ...CALLER, token: good }, false, held), { by: 'token' })
  await t.rejects(access.identify({ ...CALLER, token: good, headers: { cookie: 'banned' } }, false, held), { code: 'forbidden' }, 'and its word counts')
  t.strictSame(asked, [good, good])
  const certificate = { commonName: 'd1', subjectAltName: undefined, fingerprint: 'AA', expiresMs: Infinity }
  for (const [one, by] of [['guess', undefined], ['guess', certificate], [undefined, certificate], [undefined, undefined]] as const) await t.rejects(access.identify({ ...CALLER, token: one, certificate: by }, true, held), { code: 'too-many-failures' })
  await t.rejects(access.identify({ ...CALLER, token: `${good}x` }, true, held), { code: 'bad-credentials' })
  t.equal(asked.length, 2)
})

await t.test('what it leaves undefined it leaves out', async (t) => {
  const empty = { subject: 's', roles: undefined, groups: undefined, watch: undefined, by: undefined } as unknown as Authenticated
  t.strictSame(await methodOf(() => empty)(CALLER), { by: 'callback', subject: 's', roles: ['device'], groups: [], watch: [] })
})

await t.test('it may know nothing of a caller, and its errors are its own', async (t) => {
  t.equal(await methodOf(() => undefined)(CALLER), undefined)
  await t.rejects(methodOf(() => { throw new Error('no database') })(CALLER) as Promise<unknown>, /no database/)
})
