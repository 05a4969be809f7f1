/** Writes docs/licences.md anew, by package-lock.json. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const file = join(root, 'docs', 'licences.md')
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const { dependencies } = packages['']

const rows = new Set(Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev).map(([path, { license }]) => {
  const name = path.split('node_modules/').at(-1)
  return `| \`${name}\` | ${license} | ${name in dependencies ? 'ours' : 'theirs'} |`
}))
const text = readFileSync(file, 'utf8')
const head = '|---|---|---|\n'
writeFileSync(file, `${text.slice(0, text.indexOf(head) + head.length)}${[...rows].sort().join('\n')}\n`)
