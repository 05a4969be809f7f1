import { createSecretKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileWith, secret, token } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import { authenticate, bearer, OPERATOR } from './callers.ts'
import { openDevice, ProtocolDevice } from './device.ts'
import { startGateway, type TestGateway } from './gateway.ts'

const broker = await testBroker(t)
const PATH = '/v1/quotas/gold'
const gold = { framesPerSecond: 5, bytesPerSecond: 0, burstMs: 2000 }

async function ask (gateway: TestGateway, method: 'GET' | 'PUT', path: string, roles: string[], body?: object): Promise<{ status: number, body: unknown }> {
  const headers = { ...bearer({ ...OPERATOR, roles }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const answer = await fetch(`${gateway.origin}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: answer.status, body: await answer.json() }
}

await t.test('operators read and change the classes of rates, and nobody else', async (t) => {
  const file = join(t.testdir(), 'audit.jsonl')
  const gateway = await startGateway(t, broker, { authenticate, settings: { audit: { file } } })
  const { quotas } = gateway.app.gateway
  for (const role of ['device', 'service', 'monitor']) {
    t.match(await ask(gateway, 'GET', '/v1/quotas', [role]), { status: 403, body: { code: 'forbidden' } })
    t.match(await ask(gateway, 'PUT', PATH, [role], gold), { status: 403, body: { code: 'forbidden' } })
  }
  t.notOk(quotas.has('gold'))
  t.same(await ask(gateway, 'PUT', PATH, ['operator'], gold), { status: 200, body: gold })
  const standard = { framesPerSecond: 20_000, bytesPerSecond: 32 * 1024 * 1024, burstMs: 1000 }
  t.same(await ask(gateway, 'GET', '/v1/quotas', ['operator']), { status: 200, body: { classes: { default: standard, gold } } })
})

await t.test('what is no class is refused', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const { quotas } = gateway.app.gateway
  const cases = [{}, { ...gold, burst: 1 }, { ...gold, framesPerSecond: -1 }, { ...gold, framesPerSecond: '5' }, { ...gold, burstMs: 0 }, { ...gold, bytesPerSecond: 1.5 }]
  for (const body of cases) t.match(await ask(gateway, 'PUT', PATH, ['operator'], body), { status: 400, body: { code: 'bad-request' } }, JSON.stringify(body))
  t.match(await ask(gateway, 'PUT', `/v1/quotas/${'x'.repeat(65)}`, ['operator'], gold), { status: 400, body: { code: 'bad-request' } })
  for (let n = 1; n < 1_000; n++) quotas.set(`c${n}`, gold)
  t.match(await ask(gateway, 'PUT', PATH, ['operator'], gold), { status: 400, body: { code: 'bad-request', message: 'There are at most 1000 classes.' } })
  t.match(await ask(gateway, 'PUT', '/v1/quotas/c1', ['operator'], gold), { status: 200 })
})

await t.test('a class from the file is that of who has it in his credentials, and a change is in force at once', async (t) => {
  const file = join(t.testdir(), 'quotas.json')
  writeFileSync(file, JSON.stringify({ slow: { framesPerSecond: 20, bytesPerSecond: 0, burstMs: 100 } }))
  const gateway = await startGateway(t, broker, { authenticate, settings: { quotas: { file } } })
  const device = await gateway.device('patient', { headers: bearer({ device: 'patient', roles: ['device'], quota: 'slow' }) })
  for (let id = 1; id <= 60; id++) device.publish(id, { data: id })
  await device.acked(60) // what had been read is taken
  t.match(await (await fetch(`${gateway.origin}/metrics`, { headers: bearer(OPERATOR) })).text(), /sluice_limited_total\{limit="rate"\} [1-9]/)
  device.publish(61, { data: 'not read for some seconds' })
  t.equal((await ask(gateway, 'PUT', '/v1/quotas/slow', ['operator'], { framesPerSecond: 10_000, bytesPerSecond: 0, burstMs: 4_000 })).status, 200)
  await device.acked(61)
})

await t.test('logins that fail are slowed, over HTTP and for sockets, and others are not (G10)', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate, settings: { auth: { maxFailures: 3 } } })
  const known = bearer({ device: 'known', roles: ['device'] })
  await gateway.device('known', { headers: known })
  const guess = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${gateway.origin}${path}`, { headers: { authorization: 'Bearer guess' } })
    return [answer.status, ((await answer.json()) as { code: string }).code, answer.headers.get('retry-after')]
  }
  for (const path of ['/v1/devices', '/ws/known', '/metrics']) t.same(await guess(path), [401, 'bad-credentials', null])
  for (const path of ['/v1/devices', '/ws/known', '/metrics']) t.same(await guess(path), [429, 'too-many-failures', '1'])
  await (await gateway.device('known', { headers: known })).stored(1, 'who was here before comes back')
})

await t.test('what is good by what the gateway knows comes in from an address that has to wait (G10)', async (t) => {
  const auth = { maxFailures: 1, jwt: { secretFile: fileWith(t, secret) }, tickets: { secretFile: fileWith(t, secret) } }
  const gateway = await startGateway(t, broker, { settings: { auth } })
  const fresh = async (jti: string): Promise<string> => await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' }, { jti })
  const ask = async (bearer: string): Promise<Response> => await fetch(`${gateway.origin}/v1/tickets`, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' } })
  const bad = `${await fresh('0')}x`
  t.strictSame([(await ask(bad)).status, (await ask(bad)).status], [401, 429])
  const { ticket } = await (await ask(await fresh('1'))).json() as { ticket: string }
  const device = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws?ticket=${ticket}`, ['sluice.v1']))
  await device.nextOf('welcome')
  t.equal((await ask(bad)).status, 429, 'the wait goes on')
  device.send(JSON.stringify({ type: 'refresh', token: await fresh('2') }))
  await device.nextOf('refreshed')
})
