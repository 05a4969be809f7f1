import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Identity } from '../../src/access/identity.ts'
import { Policy, type Grants } from '../../src/access/policy.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { given, hears, type Given } from './given.ts'

const policy = new Policy()
const device = (more: Partial<Identity> = {}): Grants => policy.grants({ by: 'token', subject: 's', device: 'sensor-1', roles: ['device'], groups: [], watch: [], ...more })

/** A session whose tokens are looked at when the test says so. */
function refreshing (opening = {}) {
  const world: Given = given()
  const asked: Array<{ token: string, answer: (grants: Grants) => void, fail: (error: unknown) => void }> = []
  world.context.identify = (token) => new Promise((resolve, reject) => { asked.push({ token, answer: resolve, fail: reject }) })
  const one = world.connect({ grants: device(), ...opening })
  const refresh = (token = 'new'): void => one.session.receive(Buffer.from(JSON.stringify({ type: 'refresh', token })), false)
  const heard = async (): Promise<unknown[]> => {
    await turn()
    world.clock.turn()
    return one.peer.heard()
  }
  return { ...world, ...one, asked, refresh, heard }
}

await t.test('a new token is of its own class of rates', async (t) => {
  const { quotas, session, asked, refresh, heard } = refreshing()
  quotas.set('slow', { framesPerSecond: 1, bytesPerSecond: 0, burstMs: 1000 })
  refresh()
  asked[0]?.answer(device({ quota: 'slow' }))
  await heard()
  session.receive(Buffer.from('{"type":"publish","id":1,"data":0}'), false)
  t.ok(session.isPaused)
})

await t.test('that too many log in says nothing of the token', async (t) => {
  const { asked, refresh, heard } = refreshing()
  refresh()
  asked[0]?.fail(new Problem('too-many-logins'))
  t.match(await heard(), [{ type: 'denied', code: 'unavailable' }])
})

await t.test('a new token is in force from its answer on; what comes behind it does not wait', async (t) => {
  const { clock, session, uplink, publish, asked, refresh, heard } = refreshing()
  refresh('abc')
  t.equal(asked[0]?.token, 'abc')
  publish(1)
  t.equal(uplink.appended.length, 1)
  t.strictSame(await heard(), [])
  asked[0]?.answer(device({ events: ['alarm'], expiresMs: clock.now() + 7_000 }))
  t.strictSame(await heard(), [{ type: 'refreshed', expiresInMs: 7_000 }])
  publish(2)
  t.match(await heard(), [{ type: 'refused', id: 2, code: 'not-permitted' }], 'it allows less')
  t.equal(session.grants.identity.expiresMs, clock.now() + 7_000)
  clock.advance(1_000)
  refresh()
  asked[1]?.answer(device())
  t.strictSame(await heard(), [{ type: 'refreshed' }])
  publish(2)
  t.equal(uplink.appended.length, 2, 'and more again')
})

await t.test('one at a time, and one a second', async (t) => {
  const { clock, asked, refresh, heard } = refreshing()
  refresh()
  clock.advance(60_000)
  refresh()
  t.match(await heard(), [{ type: 'denied', code: 'too-soon' }])
  asked[0]?.fail(new Problem('bad-credentials', 'The signature is not good.'))
  t.strictSame(await heard(), [{ type: 'denied', code: 'bad-credentials', message: 'The signature is not good.' }])
  clock.advance(999)
  refresh()
  t.match(await heard(), [{ type: 'denied', code: 'too-soon' }])
  clock.advance(1)
  refresh()
  t.equal(asked.length, 2)
})

await t.test('a token that is not good changes nothing; what failed inside is not told', async (t) => {
  const { clock, session, asked, refresh, heard } = refreshing()
  const before = session.grants
  for (const [error, code] of [[new Problem('unauthenticated'), 'bad-credentials'], [new Error('a secret'), 'unavailable'], [new Problem('internal', 'a secret'), 'unavailable']] as const) {
    refresh()
    asked.pop()?.fail(error)
    const said = await heard()
    t.match(said, [{ type: 'denied', code }])
    t.notMatch(JSON.stringify(said), /secret/)
    clock.advance(1_000)
  }
  t.equal(session.grants, before)
  t.notOk(session.closing)
})

await t.test('a token of another device, or one that may not be this one, ends the socket', async (t) => {
  for (const grants of [device({ device: 'sensor-2' }), device({ roles: [] })]) {
    const { clock, peer, asked, refresh } = refreshing()
    refresh()
    asked[0]?.answer(grants)
    await turn()
    clock.turn()
    hears(t, peer, [/^close 4507 not-permitted: That token/])
  }
})

await t.test('a token that names no device will do where it may be this one', async (t) => {
  const { asked, refresh, heard } = refreshing()
  refresh()
  asked[0]?.answer(policy.grants({ by: 'token', subject: 's', roles: ['anonymous'], groups: [], watch: [] }))
  t.match(await heard(), [{ type: 'refreshed' }])
})

await t.test('what may no longer be watched is dropped, and said so', async (t) => {
  const { context, session, asked, refresh, heard } = refreshing({ grants: device({ watch: ['*'] }) })
  let watched = ['a', 'b', 'c']
  context.watchers = { ...context.watchers, watched: () => watched, unwatch: (_session, one) => (watched = watched.filter((other) => other !== one)) }
  t.ok(session.grants.may('watch', 'c'))
  refresh()
  asked[0]?.answer(device({ watch: ['b'] }))
  t.strictSame(await heard(), [
    { type: 'refreshed' }, { type: 'watching', devices: ['b', 'c'], denied: 'a' }, { type: 'watching', devices: ['b'], denied: 'c' }
  ])
})

await t.test('one that has closed meanwhile stays so', async (t) => {
  const { session, peer, asked, refresh } = refreshing()
  const before = session.grants
  refresh()
  session.close('draining')
  peer.heard()
  asked[0]?.answer(device({ device: 'sensor-2' }))
  await turn()
  t.strictSame(peer.heard(), [])
  t.equal(session.grants, before)
})

await t.test('what is no refresh ends the socket', async (t) => {
  for (const frame of ['{"type":"refresh"}', '{"type":"refresh","token":""}', '{"type":"refresh","token":"a b"}', '{"type":"refresh","token":1}',
    `{"type":"refresh","token":"${'x'.repeat(8193)}"}`, '{"type":"refresh","token":"a","more":1}']) {
    const { session, peer } = refreshing()
    session.receive(Buffer.from(frame), false)
    hears(t, peer, [/^close 4508 bad-refresh: /])
  }
})
