import { build } from 'esbuild'
import { join } from 'node:path'
import t from 'tap'
import { gzipSync } from 'node:zlib'

const MAX_BYTES = 6_000

await t.test('the library is small, and needs nothing but what every browser has', async (t) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../../src/client/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    metafile: true,
    write: false
  })
  const bytes = gzipSync(outputFiles[0]?.contents as Uint8Array, { level: 9 }).length
  t.ok(bytes < MAX_BYTES, `${bytes} bytes of at most ${MAX_BYTES}`)
  const inputs = Object.keys(metafile.inputs)
  t.ok(inputs.every((file) => file.startsWith('src/client/')), 'nothing of others')
  t.notOk(inputs.some((file) => file.includes('stores/')), 'and no store that nobody asked for')
})
