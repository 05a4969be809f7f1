import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../run/files.ts'

interface Packed { filename: string, files: { path: string }[] }

await t.test('the client library installs alone from its own tarball', async (t) => {
  const folder = t.testdir({
    package: {},
    app: {
      'package.json': '{ "private": true, "type": "module" }',
      'page.js': 'import { connect } from "@sluice/client"\nimport { indexedDbStore } from "@sluice/client/indexeddb"\nconnect("ws/page", { store: indexedDbStore("page") }).publish({ hello: true })\n',
      'node.js': 'import { connect } from "@sluice/client"\nimport { fileStore } from "@sluice/client/file"\nconsole.log(typeof connect, typeof fileStore)\n',
      'program.ts': [
        'import { connect, type Message, type Stored } from "@sluice/client"',
        'import { fileStore } from "@sluice/client/file"',
        'class Socket { constructor (url: string, protocols: string[]) { void url; void protocols } }',
        'const client = connect("ws://gateway/ws/d", { WebSocket: Socket, store: fileStore("x"), resume: "main" })',
        'const stored: Stored = await client.publish({ c: 21.5 }, { event: "telemetry" })',
        'const offset: number | undefined = stored.offset',
        'client.on("closed", ({ why }) => { const text: string = why; void text })',
        'for await (const message of client) { const one: Message = message; one.received(); void offset }',
        'await client.close()'
      ].join('\n')
    }
  })
  npm(root, 'run', '--silent', 'build:client')
  const [packed] = JSON.parse(npm(join(root, 'dist', 'client'), 'pack', '--json', '--silent', '--pack-destination', join(folder, 'package'))) as [Packed]
  const app = join(folder, 'app')
  npm(app, 'install', '--no-package-lock', join(folder, 'package', packed.filename))

  await t.test('nothing comes with it', async (t) => {
    t.same(readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')), ['@sluice'])
    t.same(readdirSync(join(app, 'node_modules', '@sluice')), ['client'])
    const { dependencies, peerDependencies, version } = JSON.parse(readFileSync(join(app, 'node_modules/@sluice/client/package.json'), 'utf8')) as Record<string, unknown>
    t.same([dependencies, peerDependencies], [undefined, undefined])
    t.equal(version, (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version)
    t.ok(packed.files.every(({ path }) => /\.(js|d\.ts)$|^package\.json$|^README\.md$|^LICENSE$/.test(path)), 'no sources, no tests')
    t.ok(['README.md', 'LICENSE'].every((name) => packed.files.some(({ path }) => path === name)))
  })

  await t.test('a bundler makes a page of it', async (t) => {
    const { metafile, warnings } = await build({ entryPoints: [join(app, 'page.js')], bundle: true, minify: true, format: 'esm', platform: 'browser', metafile: true, write: false })
    t.same(warnings, [])
    t.same(Object.keys(metafile.inputs).filter((file) => !/(^|\/)(page\.js|node_modules\/@sluice\/client\/[^:]+)$/.test(file)), [])
  })

  await t.test('Node runs it', async (t) => {
    t.equal(execFileSync(process.execPath, ['node.js'], { cwd: app, encoding: 'utf8' }).trim(), 'function function')
  })

  for (const [where, options] of Object.entries({
    browsers: { lib: ['es2023', 'dom'], types: [] },
    Node: { lib: ['es2023'], types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] }
  })) {
    await t.test(`its types serve a program for ${where} under strict rules`, async (t) => {
      const config = { compilerOptions: { ...options, noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: 'es2023', module: 'nodenext' }, files: ['program.ts'] }
      writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config))
      const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], { cwd: app, encoding: 'utf8' })
      t.equal(stdout, '')
    })
  }
})

function npm (cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
