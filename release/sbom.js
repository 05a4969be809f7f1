/**
 * Writes the bill of materials of what runs (CycloneDX 1.5, JSON) to the file that is named, by package-lock.json.
 * npm knows how, but not with `--omit dev`: it then leaves out what development needs as well, as `ws` and `jose`.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const [file] = process.argv.slice(2)

const { name, packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const shipped = new Set(Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`))

const asked = ['sbom', '--package-lock-only', '--include=dev', '--include=optional', '--include=peer', '--sbom-format=cyclonedx', '--sbom-type=application']
const { metadata, components, dependencies, ...rest } = JSON.parse(execFileSync('npm', asked, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }))
const own = metadata.component['bom-ref']
const bom = {
  ...rest,
  metadata: { ...metadata, component: { ...metadata.component, name } }, // npm takes the folder's name
  components: components.filter((component) => shipped.has(component['bom-ref'])),
  dependencies: dependencies.filter(({ ref }) => ref === own || shipped.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => shipped.has(one)) }))
}
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
