import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { altNames } from '../../src/access/san.ts'

await t.test('names as Node writes them', async (t) => {
  const cases: Array<[string, unknown]> = [
    ['', []],
    ['DNS:a.example', [{ kind: 'DNS', value: 'a.example' }]],
    ['DNS:a, URI:urn:device:x', [{ kind: 'DNS', value: 'a' }, { kind: 'URI', value: 'urn:device:x' }]],
    ['IP Address:1.2.3.4, email:a@b.c, Registered ID:1.2.3, othername:UPN:"a\\u002cb", DirName:"CN=a\\u002c DNS:evil", DNS:a', [{ kind: 'DNS', value: 'a' }]],
    ['DNS:"one\\u002c DNS:two"', [{ kind: 'DNS', value: 'one, DNS:two' }]],
    ['URI:"urn:q\\"uote"', [{ kind: 'URI', value: 'urn:q"uote' }]],
    ['DNS:"nul\\u0000"', [{ kind: 'DNS', value: 'nul\0' }]],
    ['DNS:', [{ kind: 'DNS', value: '' }]]
  ]
  for (const [text, names] of cases) t.strictSame(altNames(text), names, text)
})

await t.test('what is written otherwise is not believed, in whole', async (t) => {
  for (const text of ['a', ':a', 'DNS:a,', 'DNS:a, ', 'DNS:a,DNS:b', 'DNS:a,  DNS:b', 'DNS:"a', 'DNS:a"b"', 'DNS:"a"b', 'DNS:"a""b"', 'DNS:a"', 'DNS:"a\nb"', 'DNS:"\\x41"', ' DNS:a', '"DNS":a', 'DNS:a, b', 'othername:"a, DNS:b']) {
    t.equal(altNames(text), undefined, JSON.stringify(text))
  }
})

await t.test('a value never makes a name of its own', async (t) => {
  const odd = /[",'\\]|[^ -~]/
  const written = (value: string): string => odd.test(value) ? JSON.stringify(value).replaceAll(',', '\\u002c') : value
  const name = fc.record({ kind: fc.constantFrom('DNS', 'URI'), value: fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^(?:[ab,:"\\ ]|DNS:)*$/)) }, { noNullPrototype: true })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(name), (names) =>
    isDeepStrictEqual(altNames(names.map(({ kind, value }) => `${kind}:${written(value)}`).join(', ')), names)), { numRuns: 1_000 }))
})
