import type { JWTPayload } from 'jose'
import t from 'tap'
import { identityOf } from '../../src/access/claims.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { Problem } from '../../src/protocol/problem.ts'

/** What a payload says, or the sentence that it is refused with. */
function read (payload: object, claims: DeepPartial<Settings['auth']['claims']> = {}): unknown {
  try {
    return identityOf(JSON.parse(JSON.stringify(payload)) as JWTPayload, defaults({ auth: { claims } }).auth)
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}

await t.test('a token that says nothing but who it is', async (t) => {
  t.strictSame(read({ sub: 'sensor-1' }), {
    by: 'token', subject: 'sensor-1', device: 'sensor-1', roles: ['device'], groups: [], events: undefined, watch: [], quota: undefined, expiresMs: undefined, tokenId: undefined
  })
})

await t.test('a token that says everything', async (t) => {
  const payload = {
    sub: 'sensor-1', jti: 'a-1', exp: 2_000_000_000.5, roles: ['device', 'site:operator'], groups: ['/site/a', 'b@c'], events: ['temp*', 'alarm', 'grün'], watch: ['*'], quota: 'gold'
  }
  t.strictSame(read(payload), {
    by: 'token', subject: 'sensor-1', device: 'sensor-1', roles: ['device', 'site:operator'], groups: ['/site/a', 'b@c'], events: ['temp*', 'alarm', 'grün'], watch: ['*'], quota: 'gold', expiresMs: 2_000_000_005_500, tokenId: 'a-1'
  })
})

await t.test('lists come as arrays, or as text with spaces; null is nothing', async (t) => {
  t.match(read({ sub: 'a', roles: ' device  monitor ', groups: '', watch: 'a b', events: [] }), { roles: ['device', 'monitor'], groups: [], watch: ['a', 'b'], events: [] })
  t.match(read({ sub: 'a', roles: null, groups: null, events: null, quota: null }), { roles: ['device'], groups: [], events: undefined, quota: undefined })
  t.match(read({ roles: [] }), { subject: 'unnamed', roles: [] }, 'no roles are none')
})

await t.test('claims have the names that are set: nested by dots, or with dots in them', async (t) => {
  const cases: Array<[string, object]> = [
    ['realm_access.roles', { realm_access: { roles: ['service'] } }],
    ['https://example.com/roles', { 'https://example.com/roles': ['service'] }],
    ['realm_access.roles', { 'realm_access.roles': ['service'], realm_access: { roles: ['device'] } }],
    ['resource_access.my.client.roles', { resource_access: { 'my.client': { roles: ['service'] } } }],
    ['resource_access.my.client.roles', { resource_access: { my: { client: {} }, 'my.client': { roles: ['service'] } } }],
    ['https://example.com/claims.roles', { 'https://example.com/claims': { roles: 'service' } }],
    ['scope', { scope: 'service' }]
  ]
  for (const [roles, payload] of cases) t.match(read({ sub: 'a', ...payload }, { roles }), { roles: ['service'] }, roles)
  for (const roles of ['a.b', 'constructor.name', '__proto__', 'toString', 'sub.length', '.', '..', 'x.']) {
    t.match(read({ sub: 'a', a: null }, { roles }), { roles: ['device'] }, `${roles} is not there`)
  }
  t.match(read({ sub: 'auth0|1', client: { id: 'lamp-7' } }, { device: 'client.id' }), { subject: 'auth0|1', device: 'lamp-7' })
})

await t.test('only a device has to be one', async (t) => {
  for (const sub of [undefined, 'auth0|1', 'a'.repeat(129), '']) {
    t.match(read({ sub, roles: ['device', 'service'] }), "Your token's claim sub is no device id: 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -")
    t.match(read({ sub, roles: ['service'] }), { subject: sub ?? 'unnamed', device: undefined, roles: ['service'] })
  }
  t.match(read({ sub: 'backend', roles: 'operator' }), { subject: 'backend', device: 'backend' })
  t.match(read({ id: 'lamp' }, { device: 'id' }), { subject: 'lamp', device: 'lamp' })
})

await t.test('what a claim must not be is refused by its name', async (t) => {
  const entry = 'has an entry that is no text, is too long, or has a character that it cannot have'
  const cases: Array<[string, unknown[], string | RegExp]> = [
    ['sub', [1, true, {}, ['a'], 'a b', 'a/b', 'a*', '{device}', 'ä', 'a\n'], /claim sub is no device id/],
    ['sub', ['a'.repeat(256)], /claim sub is no /],
    ['roles', ['anonymous', ['device', 'anonymous']], /claim roles names the role of callers without credentials/],
    ['roles', [1, {}, [1], [null], [['device']], '*', ['de*'], '{device}', ['a b'], [''], ['ä'], ['a"'], ['a'.repeat(129)]], entry],
    ['groups', [7, '*', ['{group}'], ['a,b'], ['a\u0000'], ['a\\']], entry],
    ['events', [7, ['a b'], ['{device}'], ['a\u0007'], ['\u202e'], ['a'.repeat(129)]], entry],
    ['watch', [7, ['{device}'], ['a b'], ['a/b'], ['a'.repeat(129)]], entry],
    ...['roles', 'groups', 'events', 'watch'].map((name): [string, unknown[], string] => [name, [Array(65).fill('a'), 'a '.repeat(65)], 'has more than 64 entries']),
    ['quota', [1, ['a'], 'a b', '*', '', 'a'.repeat(256)], /claim quota is no text/],
    ['jti', [1, {}, '', ' a', 'a ', 'a\u0000', '\u202e', 'a'.repeat(256)], /claim jti is no text/],
    ['exp', [100_000_000_001, Date.now()], /claim exp is no time in seconds since 1970/]
  ]
  for (const [name, values, heard] of cases) {
    for (const value of values) {
      const payload = { sub: 'a', ...name === 'sub' ? {} : { roles: 'device' }, [name]: value }
      t.match(read(payload), typeof heard === 'string' ? `Your token's claim ${name} ${heard}.` : heard, `${name}: ${JSON.stringify(value).slice(0, 40)}`)
    }
  }
})
