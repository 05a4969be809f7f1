import t from 'tap'
import type { Test } from 'tap'
import { tapResults } from './tap-results.ts'

function read (tap: string, endedWell = true) {
  const printed: string[] = []
  const results = tapResults((line) => printed.push(line))
  results.write(tap)
  return { tally: results.end(endedWell), printed: printed.join('\n'), failures: results.failures }
}

const passing = `TAP version 14
1..1
# Subtest: a.test.ts
    # Subtest: one
        ok 1 - x
        ok 2 - y # SKIP not here
        1..2
    ok 1 - one
    ok 2 - two # TODO
    1..2
ok 1 - a.test.ts # time=1200ms
`

await t.test('assertions are counted, a todo as skipped', async (t: Test) => {
  const { tally, printed } = read(passing)
  t.same(tally, { passed: 1, failed: 0, skipped: 2 })
  t.equal(printed, '  ok     a.test.ts  1.2 s')
})

await t.test('a failure is named, and printed with its diagnostics', async (t: Test) => {
  const { tally, printed, failures } = read('TAP version 14\n1..1\n# Subtest: a.test.ts\n    not ok 1 - x\n      ---\n      diff: |\n        -2\n        +1\n      found: { a: 1 }\n      ...\n    1..1\nnot ok 1 - a.test.ts\n')
  t.same(tally, { passed: 0, failed: 1, skipped: 0 })
  t.same(failures, ['a.test.ts > x'])
  t.match(printed, /FAILED a\.test\.ts > x\n {4}diff:\n {8}-2\n {8}\+1\n {4}found: \{ a: 1 \}\n\n {2}NOT OK a\.test\.ts/)
})

await t.test('a file without tests is a failure, unless it says that it is skipped', async (t: Test) => {
  const file = '# Subtest: a.test.ts\n    1..0 # no tests found\n'
  t.equal(read(`TAP version 14\n1..1\n${file}not ok 1 - a.test.ts\n`).tally.failed, 1)
  const skipped = read('TAP version 14\n1..1\n# Subtest: a.test.ts\n    1..0 # SKIP no Kafka\nok 1 - a.test.ts # SKIP no Kafka\n')
  t.same(skipped.tally, { passed: 0, failed: 0, skipped: 1 })
  t.match(skipped.printed, 'skipped: no Kafka')
})

await t.test('a stream that is cut off, or empty, is a failure', async (t: Test) => {
  t.equal(read(passing.slice(0, 80)).tally.failed, 1)
  t.equal(read('').tally.failed, 1)
})

await t.test('so is a run that ends badly with every assertion passed', async (t: Test) => {
  t.same(read(passing, false).tally, { passed: 1, failed: 1, skipped: 2 })
})

await t.test('what is not TAP is passed on', async (t: Test) => {
  t.match(read(`${passing}ERROR: coverage\n`).printed, 'ERROR: coverage')
})
