import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parameters } from '../../src/http/parameters.ts'
import { closes } from '../../src/protocol/closes.ts'
import { denials } from '../../src/protocol/denials.ts'
import { gaps } from '../../src/protocol/gaps.ts'
import { httpErrors } from '../../src/protocol/http-errors.ts'
import { refusals } from '../../src/protocol/refusals.ts'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('docs/protocol.md', root), 'utf8')

/** The rows of the table that has this head. */
function table (head: string): string[][] {
  const lines = text.slice(text.indexOf(`| ${head} |`)).split('\n')
  return lines.slice(2, lines.findIndex((line) => !line.startsWith('|')))
    .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))
}

const code = (word: string | number): string => `\`${word}\``

await t.test('the HTTP errors, row for row', async t => {
  t.strictSame(table('Status | Code | Meaning'), Object.entries(httpErrors).map(([name, { status, message }]) => [String(status), code(name), message]))
})

await t.test('the query parameters and their modes', async (t) => {
  const modes = table('Parameter | Mode | What').map(([name, mode]) => [name, mode])
  const inCode = Object.entries<{ modes: readonly string[] }>(parameters).map(([name, { modes }]) => [code(name), modes.length === 2 ? 'both' : modes[0] === 'sluice.v1' ? code('sluice.v1') : 'raw'])
  t.strictSame(modes.sort(), inCode.sort())
})

await t.test('the refusals, row for row', async t => {
  t.strictSame(table('Code | Temporary | Outcome | Meaning'),
    Object.entries(refusals).map(([name, { temporary, outcome, message }]) => [code(name), temporary ? 'yes' : 'no', outcome, message]))
})

await t.test('the close codes, row for row', async t => {
  t.strictSame(table('Code | Name | Meaning'), Object.entries(closes).map(([name, { code: number, message }]) => [String(number), code(name), message]))
})

await t.test('the gaps, row for row', async t => {
  t.strictSame(table('Reason | Meaning'), Object.entries(gaps).map(([name, message]) => [code(name), message]))
})

await t.test('the denials, row for row', async t => {
  t.strictSame(table('Denied | Meaning'), Object.entries(denials).map(([name, message]) => [code(name), message]))
})

await t.test('every type of frame in the code has its section, and every section its frame', async t => {
  const sources = ['decode.ts', 'encode.ts'].map((file) => readFileSync(new URL(`src/protocol/${file}`, root), 'utf8')).join('')
  const coded = new Set([...sources.matchAll(/type['"]?: '(\w+)'|"type":"(\w+)"|case '(\w+)':/g)].map(([, a, b, c]) => a ?? b ?? c as string))
  for (const own of ['misuse', 'refuse']) coded.delete(own) // the decoder's own words for what is no frame
  const told = [...text.matchAll(/^### (.+)$/gm)].flatMap(([, title]) => [...(title as string).matchAll(/`(\w+)`/g)].map(([, name]) => name as string))
  t.strictSame([...new Set(told)].sort(), [...coded].sort())
  for (const type of coded) t.match(text, `{ type: '${type}'`.replace('{ ', ''), `its grammar: ${type}`)
})

await t.test('the limits that it names are the ones in the code', async t => {
  const decode = readdirSync(new URL('src/protocol/', root)).map((file) => readFileSync(new URL(`src/protocol/${file}`, root), 'utf8')).join('')
  t.match(decode, 'MAX_EVENT_LENGTH = 128')
  t.match(text, 'has 1 to 128 characters')
  t.match(decode, 'MAX_DEPTH = 64')
  t.match(text, String(Number.MAX_SAFE_INTEGER))
})
