import { readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')

for (let n = 1; n <= 7; n++) {
  await t.test(`G${n} stands in the README, with links to tests that carry its number`, async t => {
    const line = new RegExp(`- \\*\\*G${n} [\\s\\S]*?(?=\\n- \\*\\*G|\\n\\n)`).exec(readme)?.[0] ?? ''
    const files = [...line.matchAll(/\]\((test\/[^)]+)\)/g)].map(([, file]) => file as string)
    t.ok(files.length > 0, line.slice(0, 40))
    const names = files.map((file) => [...readFileSync(new URL(file, root), 'utf8').matchAll(/t\.test\((['"`])(.*?)\1,/g)].map(([, , name]) => name).join('\n'))
    for (const [at, file] of files.entries()) t.match(names[at], new RegExp(`\\((?:G\\d, )*G${n}(?:, G\\d)*\\)`), file)
  })
}
