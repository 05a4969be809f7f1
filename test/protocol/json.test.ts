import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { isJson, MAX_DEPTH } from '../../src/protocol/json.ts'

function parses (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const whole = (text: string): boolean => {
  const bytes = Buffer.from(text)
  return isJson(bytes, 0, bytes.length)
}

await t.test('what JSON.parse takes is JSON, and nothing else', async t => {
  const words = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '""', '"a":', '1', '0', '-', '-0', '1.5', '.', 'e', 'E+2', 'e-', 'true', 'tru', 'null', 'false', ' ', '\n', '\\', '\\u00e9', '\\n', '\\x', 'é', '\u2028', '\u0001'), { maxLength: 8 })
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.nat({ max: 2 }), fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 01e.-+tfn\u00a0'), maxLength: 2 }))
    .map(([json, at, cut, insert]) => json.slice(0, at % json.length) + insert + json.slice(at % json.length + cut))
  const texts = fc.oneof(words.map((parts) => parts.join('')), damaged, fc.json())
  t.doesNotThrow(() => fc.assert(fc.property(texts, (text) => assert.equal(whole(text), parses(text), text)), { numRuns: 5000 }))
})

await t.test('so it is with strings, long ones too', async t => {
  const ends = ['"', '\\"', '\\\\"', '\\"x"', '\u0001"', '\\x"', '', 'é"', '"x', '\\', '\\u12"', '\\u12ab"', '\\u12zz"']
  for (const length of [0, 1, 250, 255, 256, 257, 300]) {
    for (const end of ends) {
      for (const before of ['', ' ', '\\"']) {
        const text = `"${'x'.repeat(length)}${before}${end}`
        t.equal(whole(text), parses(text), text.slice(-20))
      }
    }
  }
  const two = Buffer.from(`["${'x'.repeat(300)}", "y"]`)
  t.notOk(isJson(two, 1, 280), 'the quote behind its end is not its own')
})

await t.test('so many levels and no more', async t => {
  for (const [open, close] of [['[', ']'], ['{"a":', '}']] as const) {
    const nested = (depth: number): string => open.repeat(depth) + '0' + close.repeat(depth)
    t.ok(whole(nested(MAX_DEPTH)))
    t.notOk(whole(nested(MAX_DEPTH + 1)))
    t.notOk(whole(open.repeat(100_000)))
  }
})

await t.test('a value that goes on behind its end, or ends before it, is none', async t => {
  const text = Buffer.from('{"a":[1,"2"]}')
  for (let end = 1; end < text.length; end++) t.notOk(isJson(text, 0, end))
  t.ok(isJson(text, 5, 12))
  t.notOk(isJson(text, 5, 13))
})
