import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../run/files.ts'
import { shippedDependencies } from './lock.ts'

/** They ask for a notice, and for nothing of who uses the thing. */
const PERMISSIVE = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', '0BSD'])

const dependencies = shippedDependencies()

await t.test('each production dependency has a permissive licence, and the one that the lock file says', async (t) => {
  t.ok(dependencies.length > 50)
  t.strictSame(dependencies.filter(({ license }) => license === undefined || !PERMISSIVE.has(license)), [])
  const installed = dependencies.filter(({ folder }) => existsSync(folder))
  t.ok(installed.length > 50)
  for (const { name, license, version, folder } of installed) {
    t.match(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), { version, license }, name)
  }
})

await t.test('docs/licences.md lists them, row for row', async (t) => {
  const own = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }).dependencies
  const rows = readFileSync(join(root, 'docs', 'licences.md'), 'utf8').split('\n').filter((line) => line.startsWith('| `'))
  const due = new Set(dependencies.map(({ name, license }) => `| \`${name}\` | ${license} | ${name in own ? 'ours' : 'theirs'} |`))
  t.strictSame(rows, [...due].sort(), '`npm run licences` writes them')
})
