import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { readDevice } from './kafka.ts'
import { Peer } from './peer.ts'

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)
const { origin } = gateway

interface Answer { status: number, headers: Headers, body: Record<string, unknown> }

async function ask (path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${origin}${path}`, init)
  return { status: response.status, headers: response.headers, body: await response.json() as Record<string, unknown> }
}

function post (path: string, body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }): Promise<Answer> {
  return ask(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

await t.test('health and readiness', async (t) => {
  t.match(await ask('/healthz'), { status: 200, body: { status: 'ok' } })
  t.match(await ask('/readyz'), { status: 200, body: { status: 'ready', reasons: [] } })
})

await t.test('until Kafka is opened it lives, is not ready, and lets nobody in', async (t) => {
  const early = await startGateway(t, broker, { start: false })
  t.equal((await fetch(`${early.origin}/healthz`)).status, 200)
  for (const path of ['/readyz', '/ws/early']) {
    const response = await fetch(`${early.origin}${path}`)
    t.equal(response.status, 503, path)
    t.ok(Number(response.headers.get('retry-after')) > 0)
    t.match(await response.json(), { code: 'not-ready', message: String })
  }
  await t.rejects(early.device('early'), { message: /503/ })
  t.notMatch(await (await fetch(`${early.origin}/metrics`)).text(), /^sluice_tail_lag_records\{/m)
  await early.app.start()
  t.equal((await fetch(`${early.origin}/readyz`)).status, 200)
  const device = await early.device('early')
  await device.stored(1, 'served')
})

await t.test('a plain GET of a socket\'s address tells what the upgrade would be told', async (t) => {
  const fine = await ask('/ws/sensor-1')
  t.match(fine, { status: 426, body: { code: 'upgrade-required', message: String } })
  t.equal(fine.headers.get('upgrade'), 'websocket')
  const cases: Array<[string, number, string, Record<string, string>?]> = [
    ['/ws/not%20an%20id', 400, 'bad-device-id'],
    [`/ws/${'x'.repeat(129)}`, 400, 'bad-device-id'],
    ['/ws/a?what=1', 400, 'bad-parameter'],
    ['/ws/a?frames=both', 400, 'bad-parameter'],
    ['/ws/a?frames=text', 400, 'bad-parameter', { 'sec-websocket-protocol': 'sluice.v1' }],
    ['/ws/a', 400, 'bad-subprotocol', { 'sec-websocket-protocol': 'mqtt' }],
    ['/ws/a', 403, 'bad-origin', { origin: 'https://elsewhere.example' }]
  ]
  for (const [path, status, code, headers = {}] of cases) {
    t.match(await ask(path, { headers }), { status, body: { code, message: String } }, `${path.slice(0, 40)} ${JSON.stringify(headers)}`)
  }
})

await t.test('who is connected', async (t) => {
  const before = Date.now()
  const devices = [await gateway.raw('d-1'), await gateway.device('d-1'), await gateway.raw('d-2')]
  const { body } = await ask('/v1/devices')
  t.equal(body.total, 2)
  const list = body.devices as Array<{ id: string, sockets: number, connectedAt: number }>
  t.match(list, [{ id: 'd-1', sockets: 2 }, { id: 'd-2', sockets: 1 }])
  t.ok(list.every(({ connectedAt }) => connectedAt >= before && connectedAt <= Date.now()))
  for (const device of devices) await device.close()
  while ((await ask('/v1/devices')).body.total !== 0);
})

await t.test('of very many, 1,000 are listed', async (t) => {
  const { http } = gateway.app
  const sockets = await Promise.all(Array.from({ length: 1_001 }, (_, n) => http.injectWS(`/ws/many-${n}`, { headers: { host: 'localhost' } })))
  const { body } = await ask('/v1/devices')
  t.equal((body.devices as unknown[]).length, 1_000)
  t.equal(body.total, 1_001)
  for (const socket of sockets) socket.terminate()
  while ((await ask('/v1/devices')).body.total !== 0);
})

await t.test('a connection that is reset within a request is let go', async (t) => {
  const { server } = gateway.app.http
  const peer = await Peer.connect(gateway.host)
  const failed = once(server, 'clientError') as Promise<[Error & { code: string }, Socket]>
  peer.socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /healthz HTT')
  await peer.answer() // so that the half behind it has been read
  peer.socket.resetAndDestroy()
  const [{ code }, socket] = await failed
  t.equal(code, 'ECONNRESET')
  t.ok(socket.destroyed)
})

await t.test('a message sent over HTTP is a record of the downlink', async (t) => {
  const device = await gateway.device('to-1')
  const raw = await gateway.raw('to-1')
  const path = '/v1/devices/to-1/messages'
  const stored = await post(path, { data: { led: true }, event: 'set' })
  t.match(stored, { status: 201, body: { partition: Number, offset: Number } })
  t.match(await post(path, { base64: '/wA=' }), { status: 201 })
  t.match(await post(path, { data: null }), { status: 201 })
  t.match(await device.take(3), [{ event: 'set', data: { led: true } }, { base64: '/wA=', contentType: 'application/octet-stream' }, { data: null }])
  t.same(await raw.take(3), ['{"led":true}', Buffer.from([0xff, 0]), 'null'])
  const records = await readDevice(broker.brokers, gateway.downlink, 'to-1')
  t.match(records[0], { partition: stored.body.partition, offset: stored.body.offset, headers: { event: 'set' } })
  t.equal((await post('/v1/devices/not-here/messages', { data: 1 })).status, 201, 'Kafka keeps it, connected or not')
  await device.close()
  await raw.close()
})

await t.test('what a message cannot be', async (t) => {
  const path = '/v1/devices/to-2/messages'
  const json = { 'content-type': 'application/json' }
  const cases: Array<[string, unknown, number, string, Record<string, string>?]> = [
    [path, {}, 400, 'bad-request'],
    [path, { data: 1, base64: '' }, 400, 'bad-request'],
    [path, { data: 1, retain: true }, 400, 'bad-request'],
    [path, { base64: 'no base64' }, 400, 'bad-request'],
    [path, { data: 1, event: '' }, 400, 'bad-request'],
    [path, { data: 1, event: 7 }, 400, 'bad-request'],
    [path, [1], 400, 'bad-request'],
    [path, '{"data":', 400, 'bad-request'],
    [path, 'data=1', 415, 'bad-content-type', { 'content-type': 'application/x-www-form-urlencoded' }],
    [path, { data: 'x'.repeat(80 * 1024) }, 413, 'too-large'],
    ['/v1/devices/a%2Fb/messages', { data: 1 }, 400, 'bad-device-id'],
    ['/v1/devices//messages', { data: 1 }, 400, 'bad-device-id'],
    ['/v1/devices/a/b/messages', { data: 1 }, 404, 'not-found']
  ]
  for (const [at, body, status, code, headers = json] of cases) {
    t.match(await post(at, body, headers), { status, body: { code, message: /\w.{10}/ } }, `${at} ${JSON.stringify(body).slice(0, 40)}`)
  }
  t.same(await readDevice(broker.brokers, gateway.downlink, 'to-2'), [])
})

await t.test('the client library, for pages from anywhere', async (t) => {
  for (const file of ['client.js', 'client-indexeddb.js']) {
    const response = await fetch(`${origin}/${file}`)
    t.equal(response.status, 200, `${file}: npm run build makes it`)
    t.match(response.headers.get('content-type'), /javascript/)
    t.equal(response.headers.get('access-control-allow-origin'), '*')
    t.match(await response.text(), /export ?\{/)
  }
})

await t.test('the page and its files', async (t) => {
  const types: Record<string, RegExp> = { html: /^text\/html/, js: /^(?:text|application)\/javascript/, css: /^text\/css/, svg: /^image\/svg\+xml/ }
  const page = await fetch(`${origin}/`)
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), types.html as RegExp)
  const files = readdirSync(join(import.meta.dirname, '..', '..', 'public'))
  t.ok(files.length > 3)
  for (const file of files) {
    const response = await fetch(`${origin}/${file}`)
    t.equal(response.status, 200, file)
    t.match(response.headers.get('content-type'), types[file.split('.').at(-1) as string] as RegExp, file)
    await response.arrayBuffer()
  }
  t.match(await ask('/no-such-page.html'), { status: 404, body: { code: 'not-found' } })
})
