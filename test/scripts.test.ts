import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]

await t.test('each script that a document names is there', (t) => {
  for (const document of documents) {
    for (const [, name = ''] of readFileSync(join(root, document), 'utf8').matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)) {
      t.ok(name in scripts, `${document}: npm run ${name}`)
    }
  }
  t.end()
})
