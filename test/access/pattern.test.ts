import * as fc from 'fast-check'
import t from 'tap'
import { matches } from '../../src/access/pattern.ts'
import { regExpOf } from './policy-model.ts'

await t.test('examples', async (t) => {
  for (const [pattern, text, matched] of [
    ['*', '', true], ['*', 'a', true], ['**', '', true], ['', '', true], ['', 'a', false], ['a', '', false],
    ['a*', 'a', true], ['a*', 'ab', true], ['a*', 'ba', false], ['*a', 'bca', true], ['*a', 'ab', false], ['*a*', 'bab', true],
    ['a*b*c', 'a-b-b-c', true], ['a*b*c', 'acb', false], ['a*a', 'a', false], ['*ab', 'aab', true], ['*aab*', 'aaab', true],
    ['.', 'a', false], ['a.*', 'ab', false], ['é*', 'é\n', true], ['A', 'a', false], ['*', '*', true], ['a*', '*', false], ['\0', '', false]
  ] as const) t.equal(matches(pattern, text), matched, `${JSON.stringify(pattern)} on ${JSON.stringify(text)}`)
})

await t.test('as regular expressions match', async (t) => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '😀', '\ud83d'), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'a', 'b', '*', '.', '😀', '\ud83d', '\n'), maxLength: 10 })
  // A text that was made from the pattern, and one more that may be far from it.
  const filled = fc.tuple(pattern, fc.array(text, { minLength: 8, maxLength: 8 })).map(([pattern, fill]) => [pattern, pattern.replaceAll('*', () => fill.pop() ?? '')] as const)
  let matched = 0
  fc.assert(fc.property(fc.oneof(filled, fc.tuple(pattern, text)), ([pattern, text]) => {
    const expected = regExpOf(pattern).test(text)
    if (expected) matched++
    return matches(pattern, text) === expected
  }), { numRuns: 20_000 })
  t.ok(matched > 5_000 && matched < 19_000, `${matched} of them`)
})

await t.test('stars that try each other take time by length times length, not more', async (t) => {
  /** The least of some runs: what others do on this machine only ever adds. */
  const ms = (pattern: string, text: string): number => Math.min(...Array.from({ length: 5 }, () => {
    const from = performance.now()
    matches(pattern, text)
    return performance.now() - from
  }))
  const stars = `${'*a'.repeat(2_000)}b`
  t.notOk(matches(stars, 'a'.repeat(4_000)))
  t.ok(ms(stars, 'a'.repeat(4_000)) < 1_000, 'a regular expression would not end')
  t.ok(ms(`${'a*'.repeat(64)}b`, 'a'.repeat(128)) < 10)
  t.ok(matches(`${'*a'.repeat(64)}b`, 'a'.repeat(128) + 'b'))
})
