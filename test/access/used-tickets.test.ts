import t from 'tap'
import { UsedTickets } from '../../src/access/used-tickets.ts'
import { HeldClock } from '../flow/held-clock.ts'

const USED = { code: 'bad-credentials', message: 'Your ticket has been used; get a new one.' }

await t.test('an id is remembered for as long as a ticket can be good', async (t) => {
  const clock = new HeldClock()
  const used = new UsedTickets(clock, 1_000)
  clock.advance(900)
  used.add('a')
  t.throws(() => used.add('a'), USED)
  clock.advance(100)
  used.add('b')
  clock.advance(900)
  t.throws(() => used.add('a'), USED)
  clock.advance(100)
  used.add('a')
  t.throws(() => used.add('b'), USED)
})

await t.test('what cannot be remembered is not taken', async (t) => {
  const clock = new HeldClock()
  const used = new UsedTickets(clock, 1_000, 2)
  used.add('a')
  used.add('b')
  t.throws(() => used.add('c'), { code: 'login-unavailable', retryAfterS: 2 })
  t.throws(() => used.add('a'), USED)
  clock.advance(1_000)
  used.add('c')
})
