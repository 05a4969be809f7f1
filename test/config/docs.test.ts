import { readFileSync } from 'node:fs'
import t from 'tap'
import { settings } from '../../src/config/names.ts'
import { load } from '../../src/config/index.ts'
import { mistakesOf } from './given.ts'

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
const rows = text.slice(text.indexOf('## Settings')).split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))
const code = (value: unknown) => `\`${String(value)}\``

function defaultOf ({ default: preset, embeddedDefault }: { default?: unknown, embeddedDefault?: unknown }): string {
  const plain = preset === undefined || (Array.isArray(preset) && preset.length === 0) ? 'none' : code(preset)
  return embeddedDefault === undefined ? plain : `${plain}; ${code(embeddedDefault)} on the embedded broker`
}

await t.test('the table has every setting of the schema, and no other', async t => {
  t.strictSame(rows.map(([name]) => name), settings.map(({ name }) => code(name)))
})

for (const { name, leaf, variables } of settings) {
  await t.test(`the row of ${name}`, async t => {
    t.strictSame(rows.find(([cell]) => cell === code(name)), [code(name), defaultOf(leaf), variables.map(code).join(', '), leaf.description])
  })
}

await t.test('the mistakes shown are the ones reported', async t => {
  const shown = /```\n([^`]*)```/.exec(text)![1]!.trim().split('\n')
  const env = { SLUICE_KAFKA_BROKER: 'kafka-1:9092', PORT: '80a' }
  const reported = mistakesOf(() => load({ argv: ['--config', 'sluice.json'], env, readFile: () => '{ "ws": { "heartbeatMs": "30s" } }' }))
  t.strictSame(shown, reported.map((mistake) => `- ${mistake}`))
})
