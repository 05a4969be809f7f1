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

await t.test('over the bound the partition that keeps most gives its oldest', async t => {
  const budget = new Budget(4 * ONE)
  const [quiet, busy] = [new Recent(budget), new Recent(budget)]
  quiet.push(chunk(0, 5))
  for (const from of [0, 5, 9]) busy.push(chunk(from, from + 5))
  t.strictSame([busy.start, quiet.start, budget.freeBytes], [0, 0, 0])
  for (const from of [14, 19]) busy.push(chunk(from, from + 5))
  t.strictSame([busy.start, quiet.start, budget.freeBytes], [9, 0, 0])
  busy.clear()
  t.strictSame([busy.start, busy.find(19), busy.bytes, budget.freeBytes], [undefined, undefined, 0, 3 * ONE])
  quiet.push(chunk(5, 6))
  t.equal(quiet.start, 0)
})

await t.test('it stays right, and its list short, through many more than it may keep', async t => {
  const recent = new Recent(new Budget(10 * ONE))
  for (let from = 0; from < 5_000; from++) {
    recent.push(chunk(from, from + 1))
    if (recent.start !== Math.max(0, from - 9) || recent.find(from)?.from !== from || recent.find(from - 10) !== undefined) t.fail(`at ${from}`)
  }
  t.equal(recent.bytes, 10 * ONE)
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

await t.test('a small piece of a large answer does not keep the whole answer in memory', async t => {
  const ANSWER = 1 << 20
  const budget = new Budget(4 * ANSWER)
  const [busy, quiet] = [new Recent(budget), new Recent(budget)]
  for (let n = 0; n < 100; n++) {
    const buffer = Buffer.alloc(ANSWER, n)
    busy.push({ from: n, next: n + 1, buffer, at: 0, end: ANSWER - 100, aborted: [] })
    quiet.push({ from: n, next: n + 1, buffer, at: ANSWER - 100, end: ANSWER, aborted: [] })
  }
  const kept = [busy, quiet].flatMap((recent) => Array.from({ length: 100 }, (_, n) => recent.find(n)).filter((one) => one !== undefined))
  const buffers = new Set(kept.map(({ buffer }) => buffer.buffer))
  t.ok([...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0) <= 4 * ANSWER)
  const piece = quiet.find(7) as Chunk
  t.strictSame([piece.buffer.subarray(piece.at, piece.end), quiet.start], [Buffer.alloc(100, 7), 0])
})
