import t from 'tap'
import { Failures } from '../../src/limits/failures.ts'
import { Logins } from '../../src/limits/logins.ts'
import { Problem } from '../../src/protocol/problem.ts'
import { HeldClock } from '../session/given.ts'

const LIMITS = { maxPending: 3, maxPendingPerAddress: 2, timeoutMs: 1_000, maxFailures: 3, maxFailureWaitMs: 8_000 }
const bad = async (): Promise<never> => { throw new Problem('bad-credentials') }
const good = async (): Promise<string> => 'who it is'
const refusal = async (login: Promise<unknown>): Promise<unknown> => await login.catch(({ code, retryAfterS }: Problem) => [code, retryAfterS])

/** A login that asks somebody else. */
const asking = (login: () => Promise<unknown>) => async (ask: () => void): Promise<unknown> => {
  ask()
  return await login()
}

await t.test('after so many failures an address waits, twice as long each time, and nobody is asked about it', async t => {
  const clock = new HeldClock()
  const logins = new Logins(LIMITS, clock)
  let asked = 0
  const attempt = async (address = '10.0.0.1'): Promise<unknown> => await refusal(logins.run(address, 'guess', asking(async () => {
    asked += 1
    return await bad()
  })))
  for (let n = 0; n < 3; n++) t.same(await attempt(), ['bad-credentials', undefined])
  for (const waitS of [1, 2, 4, 8, 8]) {
    const before = asked
    t.same(await attempt(), ['too-many-failures', waitS])
    t.equal(asked, before)
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
  t.equal(await logins.run('10.0.0.1', 'mine', asking(good)), 'who it is')
  for (let n = 0; n < 3; n++) await refusal(logins.run('10.0.0.1', 'guess', bad))
  t.equal(await logins.run('10.0.0.1', 'mine', asking(good)), 'who it is')
  t.same(await refusal(logins.run('10.0.0.1', 'other', asking(good))), ['too-many-failures', 1])
  t.same(await refusal(logins.run('10.0.0.1', undefined, asking(good))), ['too-many-failures', 1], 'others may look at what we do not see')
  t.same(await refusal(logins.run('10.0.0.1', 'mine', asking(bad))), ['bad-credentials', undefined])
  t.same(await refusal(logins.run('10.0.0.1', 'mine', asking(good))), ['too-many-failures', 2], 'once it is good no more, it is as any other')
})

await t.test('and with what is good by what is known here, which cannot be guessed', async t => {
  const clock = new HeldClock()
  const logins = new Logins(LIMITS, clock)
  for (let n = 0; n < 3; n++) await refusal(logins.run('10.0.0.1', 'guess', bad))
  for (const secret of ['fresh', undefined]) t.equal(await logins.run('10.0.0.1', secret, good), 'who it is')
  for (let n = 0; n < 3; n++) t.same(await refusal(logins.run('10.0.0.1', 'guess', bad)), ['too-many-failures', 1])
  t.same(await refusal(logins.run('10.0.0.1', 'fresh', asking(bad))), ['too-many-failures', 1], 'it is no token that others said was good')
  clock.advance(1_000)
  t.same(await refusal(logins.run('10.0.0.1', 'guess', bad)), ['bad-credentials', undefined])
})

await t.test('many guesses at once are no more than one, once there was a wait', async t => {
  const clock = new HeldClock()
  const logins = new Logins({ ...LIMITS, maxPendingPerAddress: 10 }, clock)
  let asked = 0
  const guesses = async (): Promise<unknown[]> => await Promise.all(Array.from({ length: 3 }, async (_, n) => await refusal(logins.run('10.0.0.1', `guess ${n}`, asking(async () => {
    asked += 1
    return await bad()
  })))))
  t.same(await guesses(), Array.from({ length: 3 }, () => ['bad-credentials', undefined]))
  clock.advance(1_000)
  t.same(await guesses(), [['bad-credentials', undefined], ['too-many-failures', 1], ['too-many-failures', 1]])
  t.equal(asked, 4)
  clock.advance(2_000)
  t.equal(await logins.run('10.0.0.1', 'mine', asking(good)), 'who it is', 'and who is good comes in')
})

await t.test('who was good before takes nobody\'s turn', async t => {
  const clock = new HeldClock()
  const logins = new Logins(LIMITS, clock)
  await logins.run('10.0.0.1', 'mine', asking(good))
  for (let n = 0; n < 3; n++) await refusal(logins.run('10.0.0.1', 'guess', bad))
  clock.advance(1_000)
  let answer = (): void => {}
  const slow = logins.run('10.0.0.1', 'mine', asking(async () => await new Promise<void>((resolve) => { answer = resolve })))
  t.equal(await logins.run('10.0.0.1', 'other', asking(good)), 'who it is')
  answer()
  await slow
})

await t.test('who asks after all is over asks in vain, and takes no place', async t => {
  const clock = new HeldClock()
  const logins = new Logins({ ...LIMITS, maxFailures: 1 }, clock)
  let late = (): void => {}
  t.same(await refusal(logins.run('10.0.0.1', 'guess', async (ask) => { late = ask; return await bad() })), ['bad-credentials', undefined])
  clock.advance(1_000)
  late()
  t.equal(await logins.run('10.0.0.1', 'mine', asking(good)), 'who it is')
})

await t.test('only bad credentials count', async t => {
  const logins = new Logins(LIMITS, new HeldClock())
  for (let n = 0; n < 10; n++) {
    t.same(await refusal(logins.run('10.0.0.1', 'x', async () => { throw new Problem('login-unavailable') })), ['login-unavailable', undefined])
    await refusal(logins.run('10.0.0.1', undefined, async () => { throw new Problem('unauthenticated') }))
    await logins.run('10.0.0.1', 'x', async () => { throw new Error('unforeseen') }).catch(() => {})
    await refusal(logins.run('10.0.0.1', 'x', async () => { throw new Problem('forbidden') }))
    t.same(await refusal(logins.run('10.0.0.1', undefined, bad)), ['bad-credentials', undefined], 'who brings nothing')
  }
  t.equal(await logins.run('10.0.0.1', 'x', asking(good)), 'who it is')
  for (let n = 0; n < 3; n++) await refusal(logins.run('10.0.0.1', 'guess', asking(async () => { throw new Problem('forbidden') })))
  t.same(await refusal(logins.run('10.0.0.1', 'guess', asking(good))), ['too-many-failures', 1], 'what a callback forbids may be a guess')
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
