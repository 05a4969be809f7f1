import t from 'tap'
import type { Chunk } from '../../src/log/chunk.ts'
import { Budget, bytesOf, Recent } from '../../src/reader/recent.ts'

const buffer = Buffer.alloc(100)
const chunk = (from: number, next: number): Chunk => ({ from, next, buffer, at: 0, end: buffer.length, aborted: [] })
const ONE = bytesOf(chunk(0, 1))

await t.test('what is kept is found by any offset in it', async t => {
  const recent = new Recent(new Budget(10 * ONE))
  t.equal(recent.start, undefined)
  for (const from of [10, 20, 30]) recent.push(chunk(from, from + 10))
  t.strictSame([9, 10, 19, 20, 39, 40].map((offset) => recent.find(offset)?.from), [undefined, 10, 10, 20, 30, undefined])
  t.equal(recent.start, 10)
})

await t.test('over the bound the oldest of all partitions goes', async t => {
  const budget = new Budget(3 * ONE)
  const [one, two] = [new Recent(budget), new Recent(budget)]
  one.push(chunk(0, 5))
  two.push(chunk(0, 5))
  one.push(chunk(5, 9))
  t.strictSame([one.start, two.start, budget.freeBytes], [0, 0, 0])
  one.push(chunk(9, 12))
  t.strictSame([one.start, two.start], [5, 0])
  one.push(chunk(12, 13))
  t.strictSame([one.start, two.start], [5, undefined])
  one.clear()
  t.strictSame([one.start, budget.freeBytes], [undefined, 3 * ONE])
  two.push(chunk(5, 6))
  t.equal(two.start, 5, 'what was cleared is not dropped again')
})

await t.test('what a walk has read is kept before it, as far as there is room', async t => {
  const budget = new Budget(3 * ONE)
  const recent = new Recent(budget)
  recent.push(chunk(30, 40))
  recent.prepend([chunk(0, 10), chunk(10, 20), chunk(20, 33)])
  t.strictSame([recent.start, recent.find(31)?.from, recent.find(25)?.from, budget.freeBytes], [10, 30, 20, 0])
  recent.push(chunk(40, 50))
  t.equal(recent.start, 20, 'and is the first to go')
  const other = new Recent(new Budget(9 * ONE))
  other.push(chunk(30, 40))
  other.prepend([chunk(0, 10), chunk(10, 20)])
  t.equal(other.start, 30, 'not with a hole behind it')
})

await t.test('nothing is kept when nothing may be', async t => {
  const recent = new Recent(new Budget(0))
  recent.push(chunk(0, 1))
  t.equal(recent.start, undefined)
})
