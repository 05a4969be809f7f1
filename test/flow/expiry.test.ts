import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { authenticate, bearer } from './callers.ts'
import { startGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'

const broker = await testBroker(t)

await t.test('a socket whose credentials expire is closed with a code that says come back, others stay', async (t) => {
  const clock = new HeldClock()
  const gateway = await startGateway(t, broker, { authenticate, clock })
  const expiresMs = clock.now() + 20_000
  const mortal = await gateway.device('d1', { headers: bearer({ device: 'd1', expiresMs }) })
  const raw = await gateway.raw('d2', { headers: bearer({ device: 'd2', expiresMs }) })
  const forever = await gateway.device('d1', { headers: bearer({ device: 'd1' }) })
  t.equal(mortal.welcome?.expiresInMs, 20_000)
  t.notOk('expiresInMs' in (forever.welcome as object))
  await mortal.stored(1, 'before')
  clock.advance(19_000)
  t.equal(gateway.app.gateway.hub.sockets, 3)
  clock.advance(2_000)
  t.match(await mortal.ended, { code: 4006, reason: /^expired: / })
  t.match(await raw.ended, { code: 4006 })
  await forever.stored(1, 'behind')
  for (const path of ['/ws/d1', '/v1/devices']) {
    const answer = await fetch(`${gateway.origin}${path}`, { headers: bearer({ device: 'd1', expiresMs }) })
    t.match([answer.status, await answer.json()], [401, { code: 'bad-credentials', message: 'Your credentials have expired.' }], 'the hook had no objection')
  }
  t.match(await (await fetch(`${gateway.origin}/metrics`, { headers: bearer({ roles: ['monitor'] }) })).text(), 'sluice_closes_total{code="expired"} 2')
})

await t.test('it expires in earnest within a second, and comes back with new credentials only', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const expiresMs = Date.now() + 1_500
  const token = bearer({ device: 'd1', expiresMs })
  const device = await gateway.device('d1', { headers: token })
  t.match(await device.ended, { code: 4006 })
  const lateMs = Date.now() - expiresMs
  t.ok(lateMs >= 0 && lateMs < 1_500, `closed ${lateMs} ms later`)
  const answer = await fetch(`${gateway.origin}/ws/d1`, { headers: token })
  t.match([answer.status, await answer.json()], [401, { code: 'bad-credentials', message: 'This token has expired.' }])
  await (await gateway.device('d1', { headers: bearer({ device: 'd1', expiresMs: Date.now() + 60_000 }) })).close()
})
