import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../kafka/ports.ts'
import { root } from '../run/files.ts'
import { ready, serves, start, stopsOnSignal } from './gateway.ts'

interface Packed { filename: string, files: { path: string }[] }

await t.test('the npm package works on its own', async (t) => {
  const folder = t.testdir({ package: {}, app: { 'package.json': '{ "private": true }' } })
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--silent', '--pack-destination', join(folder, 'package'))) as [Packed]
  const app = join(folder, 'app')

  await t.test('it holds what runs, and nothing else', async (t) => {
    const paths = packed.files.map(({ path }) => path)
    const tops = new Set(paths.map((path) => path.split('/')[0]!))
    t.strictSame([...tops].filter((top) => ['test', 'src', 'bench', '.ci', 'node_modules'].includes(top)), [])
    for (const path of ['package.json', 'README.md', 'LICENSE', 'dist/main.js', 'dist/index.js', 'dist/index.d.ts', 'dist/sbom.cdx.json', 'public/index.html', 'docs/licences.md']) {
      t.ok(paths.includes(path), path)
    }
  })

  await t.test('it installs with production dependencies only', async (t) => {
    npm(app, 'install', '--omit=dev', '--no-package-lock', join(folder, 'package', packed.filename))
    t.notOk(readdirSync(join(app, 'node_modules')).includes('typescript'))
  })

  await t.test('its command serves devices and stops on SIGTERM', async (t) => {
    const port = await freePort()
    const gateway = start(join(app, 'node_modules', '.bin', 'sluice'), [], {
      PATH: process.env.PATH, PORT: String(port), SLUICE_EMBEDDED_MODE: 'always', SLUICE_EMBEDDED_PORT: '0'
    })
    t.teardown(gateway.kill)
    await ready(gateway, port)
    await serves(t, port)
    await stopsOnSignal(t, gateway, gateway.process.pid!)
  })

  await t.test('it can be imported', async (t) => {
    const script = 'import(\'sluice\').then((module) => console.log(typeof module.sluice))'
    t.equal(execFileSync(process.execPath, ['-e', script], { cwd: app, encoding: 'utf8' }).trim(), 'function')
  })
})

function npm (cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
