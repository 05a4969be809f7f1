import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createApp, type App } from '../../src/app.ts'
import { defaults } from '../../src/config/index.ts'
import { write } from './kafka.ts'
import { Lines } from './lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-embedded-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** A gateway with its own broker, and what it tells the operator. */
async function withBroker (t: Test, embedded: { port?: number, dir?: string }): Promise<{ app: App, lines: string[] }> {
  const { said: lines, logger } = new Lines('warn')
  const app = await createApp({ settings: defaults({ embedded: { port: 0, ...embedded } }), logger })
  t.teardown(() => app.close())
  await app.start()
  return { app, lines }
}

await t.test('where its usual port is taken the broker listens on another, and says so', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const { app, lines } = await withBroker(t, { port })
  t.not(app.brokers[0], `127.0.0.1:${port}`)
  t.match(lines, [`The embedded broker listens on ${app.brokers[0]}: listen EADDRINUSE`])
})

await t.test('what it finds torn in its folder it tells', async (t) => {
  const dir = join(folder, 'torn')
  const first = await withBroker(t, { dir })
  await write(first.app.brokers[0] as string, 'sluice.uplink', [{ key: 'd', value: '1', partition: 0 }])
  await first.app.close()
  const [log] = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('uplink') && name.endsWith('.log'))
  appendFileSync(join(dir, log as string), 'torn')
  const { lines } = await withBroker(t, { dir })
  t.match(lines, [/had a torn tail: 4 bytes/])
})

await t.test('a folder that another holds is let alone', async (t) => {
  const dir = join(folder, 'held')
  await withBroker(t, { dir })
  await t.rejects(withBroker(t, { dir }), { message: /in use/ })
})
