import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readRules } from '../../src/access/policy-file.ts'
import { DEFAULT_RULES, verbs } from '../../src/access/policy.ts'

const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')

/** The rows of the table that has this head. */
function table (head: string): string[][] {
  const lines = text.slice(text.indexOf(`| ${head} |`)).split('\n')
  return lines.slice(2, lines.findIndex((line) => !line.startsWith('|')))
    .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))
}

const code = (word: string): string => `\`${word}\``

await t.test('the verbs, row for row', async (t) => {
  t.strictSame(table('Verb | Resource | Without it').map(([verb, resource]) => [verb, resource]), Object.entries(verbs).map(([verb, resource]) => [code(verb), resource]))
})

await t.test('the default rules, row for row', async (t) => {
  t.strictSame(table('Role | Verb | Resource'), DEFAULT_RULES.map(({ role, verb, resource }) => [code(role), code(verb), code(resource)]))
})

await t.test('the rules shown are rules', async (t) => {
  const [, shown] = /```json\n(\[[^`]*)```/.exec(text) as RegExpExecArray
  const path = join(t.testdir(), 'policy.json')
  writeFileSync(path, shown as string)
  t.equal(readRules(path).length, 6)
})
