import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readRules } from '../../src/access/policy-file.ts'
import { VERBS } from '../../src/access/policy.ts'
import { mistakesOf } from '../config/given.ts'

const dir = t.testdir()
const path = join(dir, 'policy.json')

/** What is wrong with a file of these rules, without its folder. */
function wrong (rules: unknown): readonly string[] {
  writeFileSync(path, typeof rules === 'string' ? rules : JSON.stringify(rules))
  return mistakesOf(() => readRules(path)).map((mistake) => mistake.replace(path, 'policy.json'))
}

const rule = { role: 'device', verb: 'publish', resource: 'telemetry.*' }

await t.test('rules as they stand in the file', async (t) => {
  const rules = [rule, { role: 'https://roles.example/a+b', verb: 'watch', resource: '{group}.{device}/{watch}*' }, { role: 'r', verb: 'publish', resource: '' }]
  t.same(wrong(rules), [])
  t.same(readRules(path), rules)
  t.same(wrong(VERBS.map((verb) => ({ ...rule, verb }))), [])
  writeFileSync(path, `\uFEFF${JSON.stringify([rule])}`)
  t.same(readRules(path), [rule])
})

await t.test('every mistake at once', async (t) => {
  const verbs = 'it must be connect, publish, watch, send, list, metrics, kick, revoke or quotas'
  const places = 'it can be {device}, {group} or {watch}'
  const cut = (sentences: readonly string[]): string[] => sentences.map((sentence) => sentence.replace(' in policy.json', ''))
  t.same(cut(wrong([
    { role: 'a*', verb: 'pubish', resource: '{grup}' },
    rule,
    { rol: 'a', verb: 7, resource: 7 },
    'device',
    { ...rule, verb: 'conquer', resource: 'a{device}b}' },
    { ...rule, resource: '{' },
    { ...rule, resource: '{device.id}' },
    { ...rule, resource: 'x'.repeat(257) }
  ])), [
    'the role of rule 1 is "a*"; it must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : / @ + = -',
    `the verb of rule 1 is "pubish"; did you mean publish?; ${verbs}`,
    `the resource of rule 1 is "{grup}", where "{grup}" is no placeholder; did you mean {group}?; ${places}`,
    'rule 3 has no role',
    'rule 3 has "rol", which is no part of a rule; did you mean role?',
    `the verb of rule 3 is 7; ${verbs}`,
    'the resource of rule 3 is 7; it must be a text of up to 256 characters',
    'rule 4 is "device"; it must be an object with role, verb, resource',
    `the verb of rule 5 is "conquer"; ${verbs}`,
    `the resource of rule 5 is "a{device}b}", where "}" is no placeholder; ${places}`,
    `the resource of rule 6 is "{", where "{" is no placeholder; ${places}`,
    `the resource of rule 7 is "{device.id}", where "{device.id}" is no placeholder; did you mean {device}?; ${places}`,
    `the resource of rule 8 is "${'x'.repeat(60)}…"; it must be a text of up to 256 characters`
  ])
})

await t.test('what is no list of rules, or cannot be read', async (t) => {
  for (const [rules, sentence] of [
    [{}, /^policy.json is \{\}; it must be an array of 1 to 1000 rules$/],
    [[], /^policy.json has 0 rules; it must be an array of 1 to 1000 rules$/],
    [Array.from({ length: 1001 }, () => rule), /^policy.json has 1001 rules; /],
    ['[{"role":]', / is not JSON at line 1, column 10: "\]" is not expected there$/]
  ] as const) {
    const mistakes = wrong(rules)
    t.equal(mistakes.length, 1)
    t.match(mistakes[0], sentence)
  }
  t.match(mistakesOf(() => readRules(join(dir, 'none.json'))), [/^auth\.policyFile names "[^"]*", which cannot be read: ENOENT: no such file or directory$/])
})
