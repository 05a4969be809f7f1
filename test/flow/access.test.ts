import { networkInterfaces } from 'node:os'
import t from 'tap'
import { createApp } from '../../src/app.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import { testBroker } from '../kafka/broker.ts'
import { kept } from '../logs/keep.ts'
import { startGateway } from './gateway.ts'
import { Lines } from './lines.ts'
import { Peer, upgradeHead } from './peer.ts'

const broker = await testBroker(t)

/** What an upgrade with these headers is answered. */
async function upgrade (host: string, headers: Record<string, string | null> = {}, path = '/ws/d'): Promise<number> {
  const peer = await Peer.connect(host)
  peer.socket.write(upgradeHead(host, path, headers))
  const status = Number(/^HTTP\/1.1 (\d+)/.exec(await peer.head())?.[1])
  peer.socket.destroy()
  return status
}

async function plain (host: string, path: string, headers: Record<string, string> = {}): Promise<{ status: number, body: string }> {
  const peer = await Peer.connect(host)
  const lines = Object.entries({ host, connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  peer.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const { status, body } = await peer.answer()
  return { status, body }
}

await t.test('a page of another origin is refused; our own, programs, and those on the list are not', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { origins: ['https://app.example.com'] } } })
  const cases: Array<[string | null, number]> = [
    [null, 101],
    [`http://${gateway.host}`, 101],
    [`https://${gateway.host}`, 101], // behind a proxy that ends TLS
    ['https://app.example.com', 101],
    ['https://app.example.com:8443', 403],
    ['http://app.example.com', 403],
    ['https://evil.example', 403],
    ['https://app.example.com.evil.example', 403],
    ['https://evil.example?https://app.example.com', 403],
    ['null', 403],
    ['', 403]
  ]
  for (const [origin, status] of cases) {
    t.equal(await upgrade(gateway.host, { origin }), status, `Origin: ${origin}`)
    if (status === 403) {
      t.match(await plain(gateway.host, '/ws/d', { origin: origin as string }), { status: 403, body: '"bad-origin"' })
      t.match(await plain(gateway.host, '/v1/devices', { origin: origin as string }), { status: 403, body: '"bad-origin"' })
    }
  }
})

await t.test('a page of another origin can read why it is not let in, and an origin that is refused reads nothing else', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { origins: ['https://app.example.com'] } } })
  const ask = async (path: string, origin: string, init: RequestInit = {}): Promise<{ status: number, readable: string | null, body: unknown }> => {
    const answer = await fetch(`${gateway.origin}${path}`, { ...init, headers: { origin, ...init.headers } })
    return { status: answer.status, readable: answer.headers.get('access-control-allow-origin'), body: await answer.json().catch(() => undefined) }
  }
  t.match(await ask('/ws/d', 'https://app.example.com'), { status: 426, readable: '*', body: { code: 'upgrade-required' } })
  t.match(await ask('/ws/d?since=x', 'https://app.example.com'), { status: 400, readable: '*', body: { code: 'bad-cursor' } })
  for (const path of ['/ws/d', '/ws/d?since=x', '/ws/%20', '/ws/d?resume=a&since=b']) {
    t.match(await ask(path, 'https://evil.example'), { status: 403, readable: '*', body: { code: 'bad-origin' } }, path)
  }
  const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } }
  for (const origin of ['https://app.example.com', 'https://evil.example']) {
    const answer = await fetch(`${gateway.origin}/ws/d`, { ...preflight, headers: { origin, ...preflight.headers } })
    t.match([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-allow-headers')], [204, '*', 'authorization'])
  }
  t.match(await ask('/v1/devices', 'https://app.example.com'), { status: 200, readable: 'https://app.example.com' })
})

await t.test('on loopback a name that was pointed at it is no credential', async (t) => {
  const gateway = await startGateway(t, broker)
  const port = gateway.host.split(':')[1] as string
  for (const host of ['127.0.0.1', `localhost:${port}`, `[::1]:${port}`, 'LOCALHOST', '127.1.2.3:80']) t.equal(await upgrade(gateway.host, { host }), 101, host)
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '']) {
    t.equal(await upgrade(gateway.host, { host }), 401, host)
    t.match(await plain(gateway.host, '/v1/devices', { host }), { status: 401, body: '"unauthenticated"' })
    t.equal(await upgrade(gateway.host, { host, origin: `http://${host}` }), 401, `${host}, as its own page`)
  }
})

await t.test('never is never, always is always', async (t) => {
  const never = await startGateway(t, broker, { settings: { auth: { anonymous: 'never' } } })
  t.equal(await upgrade(never.host), 401)
  t.match(await plain(never.host, '/v1/devices'), { status: 401, body: '"unauthenticated"' })
  t.equal((await plain(never.host, '/healthz')).status, 200)
  const always = await startGateway(t, broker, { settings: { auth: { anonymous: 'always' } } })
  t.equal(await upgrade(always.host, { host: 'gateway.example.com' }), 101)
  t.equal(await upgrade(always.host, { host: 'gateway.example.com', origin: 'https://evil.example' }), 403, 'pages of others stay out')
})

await t.test('where nobody has to log in, a page whose name was pointed here stays out', async (t) => {
  const lines = new Lines()
  const { host } = await startGateway(t, broker, { settings: { auth: { anonymous: 'always' }, http: { origins: ['http://gateway.lan'] } }, logger: lines.logger })
  const port = host.split(':')[1] as string
  for (const name of [`localhost:${port}`, `127.0.0.1:${port}`, '10.0.0.7', '[fd00::7]:8080', 'gateway.lan']) t.equal(await upgrade(host, { host: name, origin: `http://${name}` }), 101, name)
  for (const name of ['evil.example', `evil.example:${port}`, '10.0.0.7.evil.example', 'localhost.evil.example']) t.equal(await upgrade(host, { host: name, origin: `http://${name}` }), 403, name)
  await upgrade(host, { host: 'evil.example', origin: 'http://evil.example' })
  t.equal(lines.said.filter((line) => line.startsWith('The page at "http://evil.example" is refused: ')).length, 1, 'whose name it is reads what to do, once')
})

await t.test('loopback means a server on loopback, not a caller from there', async (t) => {
  const open = await serve({ host: '0.0.0.0' })
  t.equal(await upgrade(`127.0.0.1:${open.port}`), 401)
  const address = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal)?.address
  if (address !== undefined) t.equal(await upgrade(`${address}:${open.port}`), 401)
  const anybody = await serve({ host: '0.0.0.0', auth: { anonymous: 'always' } })
  t.equal(await upgrade(`127.0.0.1:${anybody.port}`), 101)

  async function serve (settings: DeepPartial<Settings>): Promise<{ port: number }> {
    const app = await createApp({
      ...kept,
      settings: defaults({
        port: 0,
        ...settings,
        kafka: { brokers: broker.brokers.split(','), createTopics: true },
        topics: { uplink: broker.topic('open-up'), downlink: broker.topic('open-down') }
      })
    })
    t.teardown(() => app.close())
    await app.http.listen({ host: '0.0.0.0', port: 0 })
    await app.start()
    return app.http.server.address() as { port: number }
  }
})

await t.test('no more sockets than ws.maxSockets', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { ws: { maxSockets: 2 } } })
  const [one] = [await gateway.raw('one'), await gateway.raw('two')]
  t.equal(await upgrade(gateway.host), 429)
  t.match(await plain(gateway.host, '/ws/three'), { status: 429, body: '"too-many-sockets"' })
  await one?.close()
  while (gateway.app.gateway.hub.sockets > 1) await new Promise((resolve) => setImmediate(resolve))
  t.equal(await upgrade(gateway.host), 101)
})
