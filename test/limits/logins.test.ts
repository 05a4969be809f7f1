import t from 'tap'
import { Failures } from '../../src/limits/failures.ts'
import { Logins } from '../../src/limits/logins.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { HeldClock } from '../session/given.ts'

const LIMITS = { maxPending: 3, maxPendingPerAddress: 2, timeoutMs: 1_000, maxFailures: 3, maxFailureWaitMs: 8_000 }
const bad = async (): Promise<never> => { throw new Problem('bad-credentials') }
const good = async (): Promise<string> => 'who it is'
const refusal = async (login: Promise<unknown>): Promise<unknown> => await login.catch(({ code, retryAfterS }: Problem) => [code, retryAfterS])

await t.test('after so many failures an address waits, twice as long each time, and is not even looked at', async t => {
  const clock = new HeldClock()
  const logins = new Logins(LIMITS, clock)
  let looked = 0
  const attempt = async (address = '10.0.0.1'): Promise<unknown> => await refusal(logins.run(address, 'guess', async () => {
    looked += 1
    return await bad()
  }))
  for (let n = 0; n < 3; n++) t.same(await attempt(), ['bad-credentials', undefined])
  for (const waitS of [1, 2, 4, 8, 8]) {
    const before = looked
    t.same(await attempt(), ['too-many-failures', waitS])
    t.equal(looked, before)
    clock.advance(waitS * 1000)
    t.same(await attempt(), ['bad-credentials', undefined])
  }
  t.same(await attempt('10.0.0.2'), ['bad-credentials', undefined], 'others are none the worse')
  clock.advance(8_000 + 8_001)
  for (let n = 0; n < 3; n++) t.same(await attempt(), ['bad-credentials', undefined], 'it is forgotten')
  t.same(await attempt(), ['too-many-failures', 1])
})

await t.test('who shares the address with an abuser comes back with what was good before', async t => {
  const logins = new Logins(LIMITS, new HeldClock())
  t.equal(await logins.run('10.0.0.1', 'mine', good), 'who it is')
  for (let n = 0; n < 3; n++) await refusal(logins.run('10.0.0.1', 'guess', bad))
  t.equal(await logins.run('10.0.0.1', 'mine', good), 'who it is')
  t.equal(await logins.run('10.0.0.1', undefined, good), 'who it is', 'who brings nothing guesses nothing')
  t.same(await refusal(logins.run('10.0.0.1', 'other', good)), ['too-many-failures', 1])
  t.same(await refusal(logins.run('10.0.0.1', 'mine', bad)), ['bad-credentials', undefined])
  t.same(await refusal(logins.run('10.0.0.1', 'mine', good)), ['too-many-failures', 2], 'once it is good no more, it is as any other')
})

await t.test('only bad credentials count', async t => {
  const logins = new Logins(LIMITS, new HeldClock())
  for (let n = 0; n < 10; n++) {
    t.same(await refusal(logins.run('10.0.0.1', 'x', async () => { throw new Problem('login-unavailable') })), ['login-unavailable', undefined])
    await refusal(logins.run('10.0.0.1', undefined, async () => { throw new Problem('unauthenticated') }))
    await logins.run('10.0.0.1', 'x', async () => { throw new Error('unforeseen') }).catch(() => {})
  }
})

await t.test('so many are under way, in all and from one address, and none for ever', async t => {
  const clock = new HeldClock()
  const logins = new Logins(LIMITS, clock)
  const never = async (): Promise<never> => await new Promise(() => {})
  const waiting = [logins.run('10.0.0.1', 'a', never), logins.run('10.0.0.1', 'b', never)].map(refusal)
  t.same(await refusal(logins.run('10.0.0.1', 'c', good)), ['too-many-logins', 2])
  waiting.push(refusal(logins.run('10.0.0.2', 'd', never)))
  t.same(await refusal(logins.run('10.0.0.3', 'e', good)), ['too-many-logins', 2])
  clock.advance(1_000)
  t.same(await Promise.all(waiting), Array.from({ length: 3 }, () => ['login-unavailable', 2]))
  t.equal(await logins.run('10.0.0.1', 'c', good), 'who it is')
  t.equal(clock.timers, 0)
})

await t.test('what is remembered is bounded', async t => {
  const failures = new Failures(1, 1000, new HeldClock())
  for (let n = 0; n < 10_100; n++) {
    failures.failed(`10.0.${n >> 8}.${n & 255}`, 'x')
    failures.succeeded(`secret ${n}`)
  }
  t.equal(failures.size, 20_000)
})
