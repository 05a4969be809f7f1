import t from 'tap'
import fc from 'fast-check'
import { faultIn } from '../../src/config/json.ts'
import { loadFrom, mistakesOf } from './given.ts'

await t.test('where a file stops being JSON', async t => {
  const cases: Array<[string, string]> = [
    ['', 'line 1, column 1: the file ends too early'],
    ['{', 'line 1, column 2: the file ends too early'],
    ['{ "port": 1', 'line 1, column 12: the file ends too early'],
    ['{\n  "port": 1,\n}', 'line 3, column 1: "}" is not expected there'],
    ['{ "a": [1, ] }', 'line 1, column 12: "]" is not expected there'],
    ['{ "a": [] "b": 1 }', 'line 1, column 11: "\\"b\\": 1 }" is not expected there'],
    ['{ "a" 1 }', 'line 1, column 7: "1" is not expected there'],
    ['{ "a": }', 'line 1, column 8: "}" is not expected there'],
    ['{ port: 1 }', 'line 1, column 3: "port" is not expected there'],
    ['{ "port": 08 }', 'line 1, column 11: "08" is not expected there'],
    ['{ "port": True }', 'line 1, column 11: "True" is not expected there'],
    ['{ "a": "b\nc" }', 'line 1, column 8: "\\"b" is not expected there'],
    ['// comment\n{}', 'line 1, column 1: "/" is not expected there'],
    ['{}\r\n{}', 'line 2, column 1: "{" is not expected there'],
    ['{}, 1', 'line 1, column 3: "," is not expected there'],
    ['[}', 'line 1, column 2: "}" is not expected there'],
    ['\u001b', 'line 1, column 1: "\\u{1b}" is not expected there'],
    ['🦊', 'line 1, column 1: "🦊" is not expected there'],
    ['['.repeat(100_000), 'line 1, column 100001: the file ends too early']
  ]
  for (const [file, place] of cases) {
    t.strictSame(mistakesOf(() => loadFrom({ file })), [`sluice.json is not JSON at ${place}`])
  }
})

await t.test('what stands before the fault could still have become JSON', async t => {
  const isJson = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  fc.assert(fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', ':', '"', '1', 'x', '-', ' '), (json, at, extra) => {
    const place = at % (json.length + 1)
    const text = json.slice(0, place) + extra + json.slice(place + 1)
    if (isJson(text)) return
    const { line, column } = faultIn(text)
    const lines = text.split('\n')
    const index = lines.slice(0, line - 1).reduce((sum, before) => sum + before.length + 1, 0) + column - 1
    const before = text.slice(0, index)
    const ends = ['', '""', '"":0', ':0', '0', ',"":0'].map((end) => before + end)
    const closed = ends.map((end) => end + closers(end))
    t.ok(closed.some(isJson), `${text} at ${index}`)
  }), { numRuns: 500 })

  function closers (text: string): string {
    const open: string[] = []
    for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
      if (mark === '{') open.unshift('}')
      else if (mark === '[') open.unshift(']')
      else if (mark === '}' || mark === ']') open.shift()
    }
    return open.join('')
  }
})
