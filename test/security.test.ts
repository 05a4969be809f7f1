import { readFileSync } from 'node:fs'
import t from 'tap'
import { acts } from '../src/audit/audit.ts'

const docs = new URL('../docs/', import.meta.url)
const text = readFileSync(new URL('security.md', docs), 'utf8')

function rows (head: string): string[][] {
  const lines = text.slice(text.indexOf(head)).split('\n')
  return lines.slice(2, lines.findIndex((line) => !line.startsWith('|'))).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))
}

await t.test('each point of the security document names a test that there is', async (t) => {
  const points = rows('| Point | Answer | Test |')
  t.ok(points.length > 30)
  for (const [point, , test] of points) {
    const [, name, file] = /^\[(.+)\]\((\.\.\/test\/.+)\)$/.exec(test as string) ?? []
    t.ok(file !== undefined && readFileSync(new URL(file, docs), 'utf8').includes(name as string), point as string)
  }
})

await t.test('the acts of the audit log, row for row', async (t) => {
  t.strictSame(rows('| Act | When |'), Object.entries(acts).map(([act, when]) => [`\`${act}\``, when]))
})
