import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import ts from 'typescript'

const src = join(import.meta.dirname, '..', 'src')

interface Rule {
  /** What of `src/` it may import, by folder or file. */
  ours: string[]
  packages?: string[]
}

/** The arrows, from the top down. A folder's own files, and Node's modules, are always allowed. */
const rules: Record<string, Rule> = {
  'main.ts': { ours: ['commands', 'config'] },
  commands: { ours: ['access', 'app.ts', 'banner.ts', 'clock.ts', 'config', 'log/kafka/credentials.ts', 'log/kafka/denials.ts', 'log/log.ts', 'needs.ts', 'protocol/problem.ts', 'simulate'], packages: ['pino', 'pino-pretty'] },
  'index.ts': { ours: ['access', 'config', 'log/log.ts', 'plugin.ts', 'protocol/problem.ts'] },
  'plugin.ts': { ours: ['access/authenticate.ts', 'app.ts', 'clock.ts', 'config'], packages: ['fastify', 'fastify-plugin'] },
  'app.ts': { ours: ['access', 'audit', 'clock.ts', 'config', 'devkafka', 'gateway.ts', 'http', 'limits/create.ts', 'log/kafka/credentials.ts', 'log/kafka/index.ts', 'needs.ts', 'protocol', 'session/context.ts', 'tls'], packages: ['fastify'] },
  http: {
    ours: ['access', 'audit', 'clock.ts', 'config', 'gateway.ts', 'limits', 'log/log.ts', 'protocol', 'revocations/record.ts', 'session', 'table/writer.ts', 'wire/header-block.ts'],
    packages: ['@fastify/static', '@fastify/websocket', 'fastify', 'prom-client', 'typebox', 'ws']
  },
  'gateway.ts': { ours: ['access', 'clock.ts', 'config', 'hub', 'limits', 'log/log.ts', 'positions', 'protocol', 'reader', 'revocations', 'session'] },
  positions: { ours: ['clock.ts', 'counts.ts', 'log/log.ts', 'protocol/cursor.ts', 'table', 'wire/record-view.ts'] },
  revocations: { ours: ['access/identity.ts', 'clock.ts', 'log/log.ts', 'table', 'wire/header-block.ts', 'wire/record-view.ts'] },
  table: { ours: ['clock.ts', 'log/again.ts', 'log/chunk.ts', 'log/log.ts', 'wire/header-block.ts', 'wire/murmur2.ts', 'wire/record-view.ts'] },
  reader: { ours: ['clock.ts', 'hub/delivery.ts', 'log/again.ts', 'log/chunk.ts', 'log/log.ts', 'protocol', 'session', 'wire'] },
  hub: { ours: ['clock.ts', 'log/again.ts', 'log/chunk.ts', 'log/log.ts', 'protocol', 'session', 'wire/record-view.ts'] },
  session: { ours: ['access/policy.ts', 'clock.ts', 'limits', 'log/log.ts', 'protocol', 'wire/header-block.ts', 'wire/murmur2.ts'] },
  limits: { ours: ['clock.ts', 'counts.ts', 'config', 'on-change.ts', 'protocol'] },
  audit: { ours: ['clock.ts', 'config', 'log/log.ts', 'wire/header-block.ts'], packages: ['pino'] },
  access: { ours: ['bounded-body.ts', 'clock.ts', 'config', 'on-change.ts', 'protocol'], packages: ['ajv', 'jose', 'typebox'] },
  tls: { ours: ['config', 'on-change.ts'] },
  protocol: { ours: [] },
  'needs.ts': { ours: ['config', 'log/kafka/denials.ts'] },
  log: { ours: ['bounded-body.ts', 'clock.ts', 'log/kafka/kafkajs.ts', 'wire'], packages: ['jose'] },
  'log/kafka/kafkajs.ts': { ours: ['log/kafka/sockets.ts'], packages: ['kafkajs'] },
  'log/kafka/sockets.ts': { ours: [] },
  devkafka: { ours: ['wire'] },
  wire: { ours: [], packages: ['@node-rs/crc32', 'fzstd', 'lz4-napi', 'snappyjs'] },
  simulate: { ours: ['client', 'clock.ts'], packages: ['ws'] },
  client: { ours: [] },
  config: { ours: [], packages: ['ajv', 'typebox'] },
  'banner.ts': { ours: [] },
  'on-change.ts': { ours: ['clock.ts'] },
  'bounded-body.ts': { ours: [] },
  'clock.ts': { ours: [] },
  'counts.ts': { ours: [] }
}

interface Import { to: string, ours: boolean }

function importsOf (file: string): Import[] {
  return ts.preProcessFile(readFileSync(join(src, file), 'utf8'), true, true).importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('node:'))
    .map((name) => name.startsWith('.')
      ? { to: relative(src, join(src, dirname(file), name)), ours: true }
      : { to: name.split('/', name.startsWith('@') ? 2 : 1).join('/'), ours: false })
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).sort()

/** The part of the program that a file belongs to: the longest folder or file that has a rule. */
function partOf (file: string): string {
  const parts = Object.keys(rules).filter((part) => file === part || file.startsWith(`${part}/`))
  return parts.sort((a, b) => b.length - a.length)[0] ?? file
}

await t.test('every file has its part, and every part its files', async t => {
  t.strictSame([...new Set(files.map(partOf))].sort(), Object.keys(rules).sort())
})

for (const [part, { ours, packages = [] }] of Object.entries(rules)) {
  const imports = files.filter((file) => partOf(file) === part).flatMap(importsOf)

  await t.test(`${part} imports what it may`, async t => {
    const reaches = imports.filter((one) => one.ours).map(({ to }) => to).filter((to) => partOf(to) !== part)
    t.strictSame(reaches.filter((to) => !ours.includes(to) && !ours.includes(partOf(to))), [], 'of ours')
    t.strictSame(ours.filter((one) => !reaches.includes(one) && !reaches.some((to) => partOf(to) === one)), [], 'and no rule is left over')
  })

  await t.test(`${part} uses the packages that it may`, async t => {
    const used = new Set(imports.filter((one) => !one.ours).map(({ to }) => to))
    t.strictSame([...used].sort(), [...packages].sort())
    t.notOk([...used].some((name) => builtinModules.includes(name)), 'Node\'s modules are named node:')
  })
}

await t.test('no two parts import each other in a circle', async t => {
  const below = (part: string, path: string[]): string[] => {
    if (path.includes(part)) return [[...path, part].join(' > ')]
    return (rules[part]?.ours ?? []).flatMap((one) => below(partOf(one), [...path, part]))
  }
  t.strictSame(Object.keys(rules).flatMap((part) => below(part, [])), [])
})
