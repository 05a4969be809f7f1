import { Ajv } from 'ajv'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../run/files.ts'
import { bomSchema } from './cyclonedx.ts'
import { shippedDependencies } from './lock.ts'

interface Bom {
  metadata: { component: { name: string, version: string } }
  components: { name: string, version: string, 'bom-ref': string, licenses: { license: { id: string } }[] }[]
  dependencies: { ref: string, dependsOn: string[] }[]
}

await t.test('the bill of materials is CycloneDX, and lists what runs and nothing else', async (t) => {
  const file = join(t.testdir(), 'sbom.json')
  // As in an image that is built for production: that npm would leave out what development needs changes nothing.
  execFileSync(process.execPath, ['release/sbom.js', file], { cwd: root, env: { ...process.env, NODE_ENV: 'production' } })
  const text = readFileSync(file, 'utf8')
  const bom = JSON.parse(text) as Bom
  const ajv = new Ajv({ strict: false, allErrors: true })
  t.ok(ajv.validate(bomSchema, bom), ajv.errorsText())

  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string, version: string }
  t.match(bom.metadata.component, { name, version })
  const listed = bom.components.map(({ name, version, licenses }) => `${name}@${version} ${licenses.map(({ license }) => license.id).join(' ')}`)
  const due = new Set(shippedDependencies().map(({ name, version, license }) => `${name}@${version} ${license}`))
  t.strictSame(listed.sort(), [...due].sort(), 'each dependency of production with its version and its licence')

  const refs = new Set(bom.components.map((component) => component['bom-ref']))
  t.strictSame(bom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref)), [], 'what something depends on is there')
  t.equal(bom.dependencies.length, refs.size + 1)
  t.notOk(text.includes(root), 'it says nothing of the machine on which it was made')
  t.notMatch(text, /"distribution"|\.tgz/, 'nor of where that one gets its packages')
})
