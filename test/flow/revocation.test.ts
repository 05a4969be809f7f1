import t from 'tap'
import { makeApiKey } from '../../src/access/api-key.ts'
import { testBroker } from '../kafka/broker.ts'
import { authenticate, bearer, OPERATOR, tokenOf } from './callers.ts'
import { becomes } from '../log/faulty.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'
import { write } from './kafka.ts'

const broker = await testBroker(t)
type Owner = Parameters<typeof startGateway>[0]

async function call ({ origin }: TestGateway, method: string, path: string, body?: object, headers: Record<string, string> = bearer(OPERATOR)): Promise<{ status: number, body: unknown }> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } }
  const answer = await fetch(`${origin}${path}`, { method, headers, ...json })
  return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() }
}

const again = async (t: Owner, { uplink, downlink }: TestGateway): Promise<TestGateway> => await gatewayOn(t, broker.brokers, { uplink, downlink }, { authenticate })

/** Until that instance answers a plain GET of the socket's address so. */
async function until ({ origin }: TestGateway, status: number, headers: Record<string, string>, device = 'd1'): Promise<unknown> {
  for (;;) {
    const answer = await fetch(`${origin}/ws/${device}`, { headers })
    if (answer.status === status) return await answer.json()
    await answer.arrayBuffer()
  }
}

await t.test('a revoked device is closed on every instance, is not let in, also after all were restarted, until it is lifted', async (t) => {
  const a = await startGateway(t, broker, { authenticate })
  const other = await again(t, a)
  const headers = bearer({ device: 'd1' })
  const sockets = [await a.device('d1', { headers }), await other.raw('d1', { headers }), await other.device('d1', { headers })]
  const neighbour = await other.device('d2', { headers: bearer({ device: 'd2' }) })
  const began = Date.now()
  t.match(await call(a, 'POST', '/v1/revocations', { device: 'd1', reason: 'stolen' }), { status: 201, body: { kind: 'device', id: 'd1', reason: 'stolen', by: 'olga', at: Number } })
  for (const { ended } of sockets) t.match(await ended, { code: 4509, reason: /^revoked: / })
  t.ok(Date.now() - began < 1_000, `closed after ${Date.now() - began} ms`)
  for (const gateway of [a, other]) {
    t.match(await call(gateway, 'GET', '/ws/d1', undefined, headers), { status: 401, body: { code: 'bad-credentials', message: /revoked/ } })
    t.match(await call(gateway, 'GET', '/v1/revocations'), { status: 200, body: { revocations: [{ kind: 'device', id: 'd1', reason: 'stolen', by: 'olga' }], total: 1 } })
  }
  await neighbour.stored(1, 'nobody else hears of it')
  await Promise.all([a.app.close(), other.app.close()])

  const third = await again(t, a)
  t.match(await call(third, 'GET', '/ws/d1', undefined, headers), { status: 401, body: { code: 'bad-credentials' } })
  t.match(await (await fetch(`${third.origin}/metrics`, { headers: bearer(OPERATOR) })).text(), 'sluice_revocations 1')
  t.equal((await call(third, 'DELETE', '/v1/revocations/device/d1')).status, 204)
  await until(third, 426, headers)
  t.match(await call(third, 'GET', '/v1/revocations'), { body: { revocations: [], total: 0 } })
  await (await third.device('d1', { headers })).close()
})

await t.test('a token and a key are revoked by their ids; who shows another comes in', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const callers = { token: bearer({ device: 'd1', tokenId: 't-1' }), key: bearer({ device: 'd1', by: 'key', keyId: 'k-1' }), other: bearer({ device: 'd1', tokenId: 't-2', keyId: 'k-2' }) }
  const [byToken, byKey, other] = [await gateway.device('d1', { headers: callers.token }), await gateway.raw('d1', { headers: callers.key }), await gateway.device('d1', { headers: callers.other })]
  await call(gateway, 'POST', '/v1/revocations', { token: 't-1' })
  t.match(await byToken.ended, { code: 4509 })
  await call(gateway, 'POST', '/v1/revocations', { key: 'k-1', untilMs: Date.now() + 60_000 })
  t.match(await byKey.ended, { code: 4509 })
  t.match(await until(gateway, 401, callers.token), { code: 'bad-credentials' })
  t.match(await until(gateway, 401, callers.key), { code: 'bad-credentials' })
  await other.stored(1, 'still here')
  other.send(JSON.stringify({ type: 'refresh', token: tokenOf({ device: 'd1', tokenId: 't-1' }) }))
  t.match(await other.nextOf('denied'), { code: 'bad-credentials', message: /revoked/ })
})

await t.test('an operator whose own token is revoked is one no more; nobody comes as a revoked device, by whatever credentials', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate, settings: { auth: { anonymous: 'always' } } })
  const [anybody, service] = [{}, bearer({ subject: 'svc', roles: ['anonymous'] })]
  const device = await gateway.device('d1', { headers: service })
  await call(gateway, 'POST', '/v1/revocations', { device: 'd1' })
  t.match(await device.ended, { code: 4509 })
  for (const headers of [anybody, service]) t.match(await call(gateway, 'GET', '/ws/d1', undefined, headers), { status: 401 })
  await (await gateway.device('d2')).close()
  const mallory = bearer({ ...OPERATOR, tokenId: 'stolen' })
  t.equal((await call(gateway, 'GET', '/v1/revocations', undefined, mallory)).status, 200)
  await call(gateway, 'POST', '/v1/revocations', { token: 'stolen' })
  await until(gateway, 401, mallory)
  t.equal((await call(gateway, 'POST', '/v1/revocations', { device: 'd2' }, mallory)).status, 401)
})

await t.test('whatever a token or a key is called, it can be revoked and lifted', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const fingerprint = Array.from({ length: 32 }, () => 'ab').join(':')
  const cases: Array<['token' | 'key', string, object]> = [
    ['token', 'a b/c', { tokenId: 'a b/c' }],
    ['token', 'grün 🌱', { tokenId: 'grün 🌱' }],
    ['token', 'a.b.c', { tokenId: 'a.b.c' }],
    ['key', fingerprint, { keyId: fingerprint.replaceAll(':', '').toUpperCase() }],
    ['key', fingerprint.replaceAll(':', ''), { keyId: fingerprint }]
  ]
  for (const [kind, id, who] of cases) {
    const headers = bearer({ device: 'd1', ...who })
    t.equal((await call(gateway, 'POST', '/v1/revocations', { [kind]: id })).status, 201, id)
    await until(gateway, 401, headers)
    t.equal((await call(gateway, 'DELETE', `/v1/revocations/${kind}/${encodeURIComponent(id)}`)).status, 204)
    await until(gateway, 426, headers)
  }
})

await t.test('what other programs revoked by other names can be lifted by those', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const ids = ['ab'.repeat(32), makeApiKey().key, ' ']
  await write(broker.brokers, `${gateway.downlink}.revocations`, ids.map((id) => ({ key: `key/${id}`, value: '{}' })))
  await becomes(() => gateway.app.gateway.revocations.size === ids.length)
  for (const id of ids) t.equal((await call(gateway, 'DELETE', `/v1/revocations/key/${encodeURIComponent(id)}`)).status, 204, id)
  await becomes(() => gateway.app.gateway.revocations.size === 0)
})

await t.test('what cannot be revoked, and by whom', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate, settings: { revocations: { max: 1 } } })
  for (const body of [{}, { token: 'a', key: 'b' }, { token: '' }, { key: 'a\nb' }, { token: ' a' }, { token: 'a ' }, { device: 'a/b' }, { token: 'x'.repeat(257) }, { token: 'a', untilMs: 1 }, { token: 'a', reason: '' }, { token: 'a', more: 1 }]) {
    t.match(await call(gateway, 'POST', '/v1/revocations', body), { status: 400, body: { code: 'bad-request' } }, JSON.stringify(body))
  }
  const { key } = makeApiKey()
  for (const body of [{ key }, { token: key }, { token: 'eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c2ln' }, { token: 'tk_eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.' }, { token: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c' }, { key: `Bearer ${key}` }, { token: `bearer.${key}` }, { device: key }, { token: `${Buffer.from('{ "alg":"HS256"}').toString('base64url')}.eyJqdGkiOiIxIn0.c2ln` }]) {
    t.match(await call(gateway, 'POST', '/v1/revocations', body), { status: 400, body: { message: / is .*, and never a secret itself\. Nothing was revoked\.$/ } })
  }
  t.match(await call(gateway, 'DELETE', '/v1/revocations/kick/d1'), { status: 400, body: { code: 'bad-request' } })
  for (const headers of [bearer({ device: 'd1' }), bearer({ roles: ['service'] })]) {
    t.match(await call(gateway, 'POST', '/v1/revocations', { device: 'd2' }, headers), { status: 403 })
    t.match(await call(gateway, 'GET', '/v1/revocations', undefined, headers), { status: 403 })
    t.match(await call(gateway, 'DELETE', '/v1/revocations/device/d2', undefined, headers), { status: 403 })
  }
  t.match(await call(gateway, 'POST', '/v1/revocations', { device: 'd2' }, {}), { status: 401 })
  await call(gateway, 'POST', '/v1/revocations', { device: 'd1' })
  await until(gateway, 401, bearer({ device: 'd1' }))
  t.match(await call(gateway, 'POST', '/v1/revocations', { device: 'd2' }), { status: 503, body: { code: 'revocations-full' } })
  t.equal((await call(gateway, 'POST', '/v1/revocations', { device: 'd1', reason: 'again' })).status, 201, 'one that is known has its place')
})

await t.test('an instance that is starting revokes nothing', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate, start: false })
  for (const [method, path] of [['GET', '/v1/revocations'], ['DELETE', '/v1/revocations/device/d1'], ['DELETE', '/v1/devices/d1/sockets']] as const) {
    t.match(await call(gateway, method, path), { status: 503, body: { code: 'not-ready' } })
  }
})

await t.test('any Kafka program may revoke', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const headers = bearer({ device: 'd1' })
  const device = await gateway.device('d1', { headers })
  await write(broker.brokers, `${gateway.downlink}.revocations`, [{ key: 'device/d1', value: 'whatever' }])
  t.match(await device.ended, { code: 4509 })
  t.match(await call(gateway, 'GET', '/v1/revocations'), { body: { revocations: [{ kind: 'device', id: 'd1', by: 'unknown' }] } })
  await write(broker.brokers, `${gateway.downlink}.revocations`, [{ key: 'device/d1', value: null }])
  await until(gateway, 426, headers)
})
