/**
 * Makes of what the compiler wrote to dist/client/ a package, and of that the files which the gateway serves to pages that have
 * no bundler: dist/client.js, and dist/client-indexeddb.js beside it.
 */

import { build } from 'esbuild'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const dist = join(root, 'dist')
const read = (file) => JSON.parse(readFileSync(file, 'utf8'))

const { version } = read(join(root, 'package.json'))
const client = read(join(import.meta.dirname, 'package.json'))
writeFileSync(join(dist, 'client', 'package.json'), `${JSON.stringify({ ...client, version }, null, 2)}\n`)
copyFileSync(join(import.meta.dirname, 'README.md'), join(dist, 'client', 'README.md'))
copyFileSync(join(root, 'LICENSE'), join(dist, 'client', 'LICENSE'))

await build({
  entryPoints: {
    client: join(dist, 'client', 'index.js'),
    'client-indexeddb': join(dist, 'client', 'stores', 'indexeddb.js')
  },
  outdir: dist,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser'
})
