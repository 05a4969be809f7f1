import { readFile } from 'node:fs/promises'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'

await t.test('docs/operations.md names every metric of ours, and no other, in its own words', async (t) => {
  const gateway = await startGateway(t, await testBroker(t))
  const exposed = await (await fetch(`http://${gateway.host}/metrics`)).text()
  const served = [...exposed.matchAll(/^# HELP (sluice_\w+) (.*)$/gm)].map(([, name, help]) => `${name}: ${help}`)
  const document = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const written = [...document.matchAll(/^\| `(sluice_\w+)` \| (.*) \|$/gm)].map(([, name, meaning]) => `${name}: ${meaning}`)
  t.ok(served.length > 5)
  t.same(written.sort(), served.sort())
})
