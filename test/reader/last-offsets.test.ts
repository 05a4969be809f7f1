import fc from 'fast-check'
import t from 'tap'
import { LastOffsets } from '../../src/reader/last-offsets.ts'

await t.test('it knows of each key what a map would, or, at its bound, says that it does not', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 3_000 }), fc.constantFrom(1024, 1 << 21), (hashes, maxSlots) => {
    const index = new LastOffsets(100, maxSlots)
    const model = new Map<number, number>()
    for (const [n, hash] of hashes.entries()) {
      const spread = Math.imul(hash, 0x1234567)
      index.note(spread, 100 + n)
      model.set(spread, 100 + n)
    }
    for (const [hash, offset] of model) if (offset >= index.since && index.last(hash) !== offset) throw new Error(`${hash}: ${index.last(hash)}, not ${offset}`)
    if (index.last(12345) !== -1) throw new Error('of a key that never came it knows something')
  })))
})

await t.test('a hundred thousand keys grow the table, and are all there', async t => {
  const index = new LastOffsets(0)
  for (let n = 0; n < 100_000; n++) index.note(Math.imul(n, 0x9e3779b1), n)
  let wrong = 0
  for (let n = 0; n < 100_000; n++) if (index.last(Math.imul(n, 0x9e3779b1)) !== n) wrong++
  t.strictSame([wrong, index.since], [0, 0])
})

await t.test('at its bound it begins anew, and what came before is not known', async t => {
  const index = new LastOffsets(0, 1024)
  for (let n = 1; n <= 700; n++) index.note(n, n)
  t.ok(index.since > 600 && index.since <= 700, `${index.since}`)
  t.equal(index.last(5), -1)
  t.equal(index.last(700), 700)
})

await t.test('a hash of 0 is a key like another', async t => {
  const index = new LastOffsets(0)
  index.note(0, 7)
  t.equal(index.last(0), 7)
})
