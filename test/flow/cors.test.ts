import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { Authority } from '../net/certificates.ts'
import { startGateway } from './gateway.ts'
import { readDevice } from './kafka.ts'
import { ask } from './secure.ts'

const broker = await testBroker(t)
const listed = 'https://app.example.com'
const gateway = await startGateway(t, broker, { settings: { http: { origins: [listed, 'capacitor://localhost'] } } })
const messages = '/v1/devices/d/messages'

interface Shared { status: number, origin: string | null, vary: string | null, credentials: string | null, methods: string | null, headers: string | null, code: unknown }

async function asks (origin: string | undefined, path: string, init: RequestInit = {}): Promise<Shared> {
  const { status, headers, ...answer } = await fetch(`${gateway.origin}${path}`, { ...init, headers: { ...(origin === undefined ? {} : { origin }), ...init.headers } }).then(async (answer) => ({ status: answer.status, headers: answer.headers, body: await answer.text() }))
  return {
    status,
    origin: headers.get('access-control-allow-origin'),
    vary: headers.get('vary'),
    credentials: headers.get('access-control-allow-credentials'),
    methods: headers.get('access-control-allow-methods'),
    headers: headers.get('access-control-allow-headers'),
    code: /"code":"([^"]*)"/.exec(answer.body)?.[1]
  }
}

const preflight = (method: string): RequestInit => ({ method: 'OPTIONS', headers: { 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' } })
const post = (body: string, type: string): RequestInit => ({ method: 'POST', headers: { 'content-type': type }, body })
const others = ['https://evil.example', 'https://app.example.com.evil.example', 'https://app.example.com:8443', 'http://app.example.com', 'https://APP.example.com', 'https://sub.app.example.com', 'null', '*', 'capacitor://localhos', `${listed}, https://evil.example`]

await t.test('a page on the list reads the API\'s answers, refusals too', async (t) => {
  for (const origin of [listed, 'capacitor://localhost']) {
    t.match(await asks(origin, '/v1/devices'), { status: 200, origin, vary: 'Origin', credentials: null })
    t.match(await asks(origin, messages, post('{"data":1}', 'application/json')), { status: 201, origin, vary: 'Origin' })
    t.match(await asks(origin, messages, post('{', 'application/json')), { status: 400, origin })
    t.match(await asks(origin, '/v1/nowhere'), { status: 404 })
  }
})

await t.test('its preflights are answered, with what there is at that address', async (t) => {
  t.match(await asks(listed, '/v1/devices', preflight('GET')), { status: 204, origin: listed, vary: 'Origin', credentials: null, methods: 'GET, HEAD', headers: 'authorization, content-type' })
  t.match(await asks(listed, messages, preflight('POST')), { status: 204, origin: listed, vary: 'Origin', credentials: null, methods: 'POST', headers: 'authorization, content-type' })
})

await t.test('all others read nothing and may ask nothing', async (t) => {
  for (const origin of others) {
    for (const [path, init] of [['/v1/devices', {}], ['/v1/devices', preflight('GET')], [messages, preflight('POST')]] as const) {
      t.match(await asks(origin, path, init), { status: 403, origin: null, vary: 'Origin', credentials: null, methods: null, headers: null, code: 'bad-origin' }, `${origin} ${path}`)
    }
  }
  t.match(await asks(undefined, '/v1/devices'), { status: 200, origin: null, vary: 'Origin' }, 'a program is none')
  t.match(await asks(undefined, '/v1/devices', { method: 'OPTIONS' }), { status: 404, origin: null })
  for (const path of ['/healthz', '/readyz', '/metrics', '/']) t.equal((await asks(listed, path)).origin, null, `${path} is not shared`)
})

await t.test('no page can act in its visitor\'s name: nothing is sent along, a form is refused by its type, and a page by its origin', async (t) => {
  const body = '{"data":"forged"}'
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json']) {
    t.match(await asks(undefined, '/v1/devices/victim/messages', post(body, type)), { status: 415, code: 'bad-content-type' }, `${type}, even where a browser says no origin`)
  }
  t.match(await asks(undefined, '/v1/devices/victim/messages', { method: 'POST', body: new Uint8Array(Buffer.from(body)) }), { status: 415 }, 'no type at all')
  for (const origin of others) {
    t.match(await asks(origin, '/v1/devices/victim/messages', post(body, 'application/json')), { status: 403, code: 'bad-origin' }, origin)
  }
  const answer = await fetch(`${gateway.origin}/v1/devices`, { headers: { cookie: 'session=1' } })
  t.equal(answer.headers.get('set-cookie'), null)
  t.same(await readDevice(broker.brokers, gateway.downlink, 'victim'), [])
})

await t.test('a cookie is no credential', async (t) => {
  const closed = await startGateway(t, broker, { settings: { auth: { anonymous: 'never' } } })
  t.equal((await fetch(`${closed.origin}/v1/devices`, { headers: { cookie: 'token=abc; authorization=Bearer abc' } })).status, 401)
})

await t.test('a certificate goes along by itself, and so a page that came without TLS is not our own', async (t) => {
  const authority = new Authority(t)
  const { certFile, keyFile } = authority.server()
  const { cert, key } = authority.issue('/CN=visitor')
  const tls = { certFile, keyFile, clientCaFile: authority.caFile, clientCertificates: 'required' as const }
  const mutual = await startGateway(t, broker, { settings: { tls, auth: { certificate: { device: 'cn' } } } })
  for (const [origin, status] of [[`https://${mutual.host}`, 426], [`http://${mutual.host}`, 403], ['https://evil.example', 403]] as const) {
    t.match(await ask(mutual.host, '/ws/visitor', { ca: authority.ca, cert, key, headers: { origin } }), { status }, origin)
  }
})
