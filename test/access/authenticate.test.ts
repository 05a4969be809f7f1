import t from 'tap'
import { methodOf, type Authenticated } from '../../src/access/authenticate.ts'

const CALLER = { address: '10.0.0.1', origin: undefined, device: 'd1', token: 'abc' }

await t.test('a hook says who comes; what it leaves out is that of a plain device', async (t) => {
  t.strictSame(await methodOf(({ device, token }) => ({ subject: `${token}`, device }))(CALLER),
    { by: 'callback', subject: 'abc', device: 'd1', roles: ['device'], groups: [], watch: [] })
  t.match(await methodOf(async () => ({ subject: 's', roles: ['operator'], by: 'key', keyId: 'k1' }))(CALLER), { by: 'key', roles: ['operator'], keyId: 'k1' })
})

await t.test('what it leaves undefined it leaves out', async (t) => {
  const empty = { subject: 's', roles: undefined, groups: undefined, watch: undefined, by: undefined } as unknown as Authenticated
  t.strictSame(await methodOf(() => empty)(CALLER), { by: 'callback', subject: 's', roles: ['device'], groups: [], watch: [] })
})

await t.test('it may know nothing of a caller, and its errors are its own', async (t) => {
  t.equal(await methodOf(() => undefined)(CALLER), undefined)
  await t.rejects(methodOf(() => { throw new Error('no database') })(CALLER) as Promise<unknown>, /no database/)
})
