import t from 'tap'
import type { Identity } from '../../src/access/identity.ts'
import { Policy, type Grants } from '../../src/access/policy.ts'
import type { Expiry } from '../../src/session/expiry.ts'
import { given, hears } from './given.ts'

const policy = new Policy()
const until = (expiresMs?: number, more: Partial<Identity> = {}): Grants => policy.grants({ by: 'token', subject: 's', device: 'sensor-1', roles: ['device'], groups: [], watch: [], expiresMs, ...more })

await t.test('each socket is closed in the second in which its credentials expire, by one timer', async (t) => {
  const { clock, context, connect } = given()
  const expiry = context.expiry as Expiry
  expiry.stop()
  expiry.start()
  const from = clock.now()
  const all = [1_000, 1_000, 2_500, 60_000, undefined].map((ms) => connect({ grants: until(ms === undefined ? ms : from + ms) }))
  for (const { session } of all) expiry.add(session)
  const closed = (): boolean[] => all.map(({ session }) => session.closing)
  clock.advance(999)
  t.strictSame(closed(), [false, false, false, false, false])
  clock.advance(1)
  t.strictSame(closed(), [true, true, false, false, false])
  clock.advance(1_999)
  t.strictSame(closed(), [true, true, false, false, false])
  clock.advance(1)
  t.strictSame(closed(), [true, true, true, false, false], 'no earlier than it expires, and less than a second later')
  hears(t, all[0]?.peer as never, [/^close 4006 expired: /])
  clock.advance(86_400_000)
  t.strictSame(closed(), [true, true, true, true, false])
  expiry.stop()
  t.equal(clock.timers, 0)
})

await t.test('who has gone, or has new credentials, is closed at no other time than is due', async (t) => {
  const { clock, context, connect } = given()
  const expiry = context.expiry as Expiry
  expiry.start()
  const from = clock.now()
  const [gone, longer, shorter, forever] = [1, 1, 9, 1].map(() => connect({ grants: until(from + 5_000) })) as Array<ReturnType<typeof connect>>
  for (const one of [gone, longer, shorter, forever]) expiry.add(one?.session as never)
  expiry.remove(gone?.session as never)
  longer?.session.renew(until(from + 8_000))
  shorter?.session.renew(until(from + 2_000))
  forever?.session.renew(until())
  expiry.remove(forever?.session as never) // as when it ends
  const closed = (): boolean[] => [gone, longer, shorter, forever].map((one) => one?.session.closing as boolean)
  clock.advance(2_000)
  t.strictSame(closed(), [false, false, true, false])
  clock.advance(5_000)
  t.strictSame(closed(), [false, false, true, false])
  clock.advance(1_000)
  t.strictSame(closed(), [false, true, true, false])
  expiry.remove(longer?.session as never) // its second is over
})
