import t from 'tap'
import { Visits } from '../../src/limits/visits.ts'
import { HeldClock } from '../session/given.ts'

await t.test('each address has its own rate', async t => {
  const clock = new HeldClock()
  const visits = new Visits(10, 2, clock)
  t.strictSame([0, 0, 0].map(() => visits.waitMs('10.0.0.1')), [0, 0, 100])
  t.equal(visits.waitMs('10.0.0.2'), 0)
  clock.advance(100)
  t.equal(visits.waitMs('10.0.0.1'), 0)
})

await t.test('a rate of 0 has no end, and addresses are not remembered without one', async t => {
  const clock = new HeldClock()
  const unbounded = new Visits(0, 1, clock)
  for (let n = 0; n < 100; n++) t.equal(unbounded.waitMs('10.0.0.1'), 0)
  t.equal(unbounded.size, 0)
  const visits = new Visits(1, 1, clock)
  for (let n = 0; n <= 10_000; n++) visits.waitMs(`10.0.${n >> 8}.${n & 255}`)
  t.equal(visits.size, 10_000)
})
