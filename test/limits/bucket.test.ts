import fc from 'fast-check'
import t from 'tap'
import { Bucket } from '../../src/limits/bucket.ts'

await t.test('it begins full, fills evenly, and not over its capacity', async t => {
  const bucket = new Bucket(2, 0)
  t.strictSame([0, 0, 0].map(() => bucket.take(10, 2, 0)), [0, 0, 100], 'the third waits for the tenth of a second')
  t.equal(bucket.take(10, 2, 50), 50)
  t.equal(bucket.take(10, 2, 100), 0)
  t.strictSame([0, 0, 0].map(() => bucket.take(10, 2, 60_000)), [0, 0, 100])
})

await t.test('what was used already may be owed', async t => {
  const bucket = new Bucket(5, 0)
  t.ok(bucket.spend(5))
  t.notOk(bucket.spend(3))
  t.notOk(bucket.isPaid)
  t.notOk(bucket.fill(10, 5, 299).isPaid)
  t.ok(bucket.fill(10, 5, 301).isPaid)
  t.notOk(bucket.isFull(5))
  t.ok(bucket.fill(10, 5, 10_000).isFull(5))
})

await t.test('a rate of 0 has no end, and can be given one', async t => {
  const bucket = new Bucket(Infinity, 0).fill(0, 0, 0)
  for (let n = 0; n < 1000; n++) t.ok(bucket.spend(1e12))
  t.ok(bucket.isFull(0))
  t.notOk(bucket.fill(1, 10, 0).spend(11))
})

const steps = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 500 }), tries: fc.integer({ min: 0, max: 20 }) }), { minLength: 1, maxLength: 60 })
const limit = fc.record({ perSecond: fc.integer({ min: 1, max: 1000 }), capacity: fc.integer({ min: 1, max: 100 }) })

/** In no time from one step to another more was let through than `most` of that time. */
function holds (let_: Array<{ atMs: number, count: number }>, most: (ms: number) => number): boolean {
  for (let from = 0; from < let_.length; from++) {
    let through = 0
    for (const { atMs, count } of let_.slice(from)) {
      through += count
      if (through > most(atMs - (let_[from] as { atMs: number }).atMs) + 1e-6) return false
    }
  }
  return true
}

await t.test('asked each time, it lets at most its capacity and rate × t through, in any time t', async () => {
  fc.assert(fc.property(steps, limit, (all, { perSecond, capacity }) => {
    const bucket = new Bucket(capacity, 0)
    let atMs = 0
    const through = all.map(({ waitMs, tries }) => {
      atMs += waitMs
      let count = 0
      for (let n = 0; n < tries; n++) if (bucket.take(perSecond, capacity, atMs) === 0) count++
      return { atMs, count }
    })
    return holds(through, (ms) => capacity + perSecond * ms / 1000)
  }))
})

await t.test('filled only when it is empty, it lets at most twice its capacity and rate × t through, and what is owed', async () => {
  fc.assert(fc.property(steps, limit, (all, { perSecond, capacity }) => {
    const bucket = new Bucket(capacity, 0)
    let atMs = 0
    const through = all.map(({ waitMs, tries }) => {
      atMs += waitMs
      let count = 0
      for (let n = 0; n < tries && (bucket.isPaid || bucket.fill(perSecond, capacity, atMs).isPaid); n++) {
        count++
        if (!bucket.spend(1)) bucket.fill(perSecond, capacity, atMs)
      }
      return { atMs, count }
    })
    return holds(through, (ms) => 2 * (capacity + 1) + perSecond * ms / 1000) // the last of each round is owed
  }))
})
