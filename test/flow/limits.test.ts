import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { RecordingPeer, EVERYBODY } from '../session/given.ts'
import { testBroker } from '../kafka/broker.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'
import { clientFrame, Peer, upgradeHead } from './peer.ts'

const broker = await testBroker(t)
const PONG = 10

/** What an upgrade, or a request, is answered. */
async function ask (host: string, head: string): Promise<{ status: number, code: unknown, retryAfter: string | undefined }> {
  const peer = await Peer.connect(host)
  peer.socket.write(head)
  const answered = await peer.head()
  const length = Number(/content-length: (\d+)/i.exec(answered)?.[1] ?? 0)
  await peer.until(() => peer.received.length >= length)
  const code = length > 0 && answered.includes('application/json') ? (JSON.parse(peer.received.toString()) as { code?: string }).code : undefined
  peer.socket.destroy()
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(answered)?.[1]), code, retryAfter: /retry-after: (\d+)/i.exec(answered)?.[1] }
}

const plain = (host: string, path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${headers}\r\n`

/** How often callers were held back or refused by that limit. */
async function limited (gateway: TestGateway, limit: string): Promise<number> {
  const metrics = await (await fetch(`${gateway.origin}/metrics`)).text()
  return Number(new RegExp(`sluice_limited_total\\{limit="${limit}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0)
}

await t.test('one socket too many of a device is refused, and let in when another has gone (G10)', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { ws: { maxSocketsPerDevice: 2 } } })
  const first = await gateway.device('twice')
  await gateway.raw('twice')
  t.match(await ask(gateway.host, upgradeHead(gateway.host, '/ws/twice')), { status: 429, code: 'too-many-of-device', retryAfter: '2' })
  t.match(await ask(gateway.host, plain(gateway.host, '/ws/twice')), { status: 429, code: 'too-many-of-device' })
  await gateway.device('other')
  await first.close()
  while (gateway.app.gateway.hub.socketsOf('twice') > 1) await new Promise((resolve) => setImmediate(resolve))
  await gateway.device('twice')
  t.equal(await limited(gateway, 'too-many-of-device'), 2)
})

await t.test('with ws.multiple=newest a new socket of a device closes the older one (G10)', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { ws: { multiple: 'newest', maxSocketsPerDevice: 1 } } })
  const older = await gateway.device('one-seat')
  const newer = await gateway.device('one-seat')
  t.match(await older.ended, { code: 4510, reason: /^replaced: / })
  await newer.stored(1, 'here')
})

await t.test('from one address come so many sockets, and only trusted proxies say which address it is (G10)', async (t) => {
  const settings = { ws: { maxSocketsPerAddress: 1 }, auth: { anonymous: 'always' as const } }
  const trusting = await startGateway(t, broker, { settings: { ...settings, http: { trustedProxies: ['127.0.0.0/8'] } } })
  const from = (address: string): { headers: Record<string, string> } => ({ headers: { 'x-forwarded-for': address } })
  await trusting.device('a', from('2001:db8::1'))
  await trusting.device('b', from('2001:db8:0:1::1'))
  const refused = { status: 429, code: 'too-many-of-address', retryAfter: '2' }
  t.match(await ask(trusting.host, upgradeHead(trusting.host, '/ws/c', { 'x-forwarded-for': '2001:db8::ffff' })), refused)
  t.match(await ask(trusting.host, upgradeHead(trusting.host, '/ws/c', { 'x-forwarded-for': '10.0.0.1, 2001:db8::2' })), refused, 'a forged hop before it')
  const believing = await startGateway(t, broker, { settings })
  await believing.device('a', from('10.0.0.1'))
  t.match(await ask(believing.host, upgradeHead(believing.host, '/ws/c', { 'x-forwarded-for': '10.0.0.2' })), refused, 'nobody is trusted')
})

await t.test('a caller whom a trusted proxy on this machine hands on is not on this machine', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { trustedProxies: ['127.0.0.1'] } } })
  t.match(await ask(gateway.host, upgradeHead(gateway.host, '/ws/c', { 'x-forwarded-for': '10.0.0.1' })), { status: 401 })
  t.match(await ask(gateway.host, upgradeHead(gateway.host, '/ws/c')), { status: 101 })
  const trustless = await startGateway(t, broker)
  for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'Via']) t.match(await ask(trustless.host, upgradeHead(trustless.host, '/ws/c', { [name]: '127.0.0.1' })), { status: 401 }, 'by one that is not named neither')
})

await t.test('several that were let in at the same moment are no more than may be', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { ws: { maxSocketsPerDevice: 1 } } })
  const connect = (): RecordingPeer => {
    const peer = new RecordingPeer()
    gateway.app.gateway.connect(peer, { device: 'at-once', address: '127.0.0.1', grants: EVERYBODY, mode: 'sluice.v1' })
    return peer
  }
  const [first, second] = [connect(), connect()]
  t.match(second.heard(), [{ type: 'welcome' }, /^close 4008 too-many-sockets/])
  t.match(first.heard().filter((one) => typeof one === 'string'), [])
})

await t.test('requests and upgrades of one address have a rate, and health checks none', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { requestsPerSecond: 1, requestBurst: 3 } } })
  for (const path of ['/ws/a', '/v1/devices', '/']) t.not((await ask(gateway.host, plain(gateway.host, path))).status, 429, path)
  const refused = { status: 429, code: 'too-many-requests', retryAfter: '1' }
  for (const path of ['/v1/devices', '/', '/nowhere']) t.match(await ask(gateway.host, plain(gateway.host, path)), refused, path)
  t.match(await ask(gateway.host, upgradeHead(gateway.host, '/ws/a')), refused)
  for (const path of ['/healthz', '/readyz']) t.equal((await ask(gateway.host, plain(gateway.host, path))).status, 200, path)
})

await t.test('a request has so many headers', async (t) => {
  const gateway = await startGateway(t, broker)
  const headers = (count: number): string => Array.from({ length: count }, (_, n) => `x-${n}: 1\r\n`).join('')
  t.equal((await ask(gateway.host, plain(gateway.host, '/v1/devices', headers(98)))).status, 200)
  t.match(await ask(gateway.host, plain(gateway.host, '/v1/devices', headers(99))), { status: 431, code: 'headers-too-large' })
  t.match(await ask(gateway.host, plain(gateway.host, '/v1/devices', 'x-one: 1\r\n'.repeat(99))), { status: 431, code: 'headers-too-large' }, 'of one name')
})

await t.test('connections that ask for nothing make room for those that do, the oldest first (G10)', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { maxIdle: 20, maxIdlePerAddress: 10 } } })
  const slow = Array.from({ length: 200 }, () => idle(gateway))
  t.teardown(() => { for (const socket of slow) socket.destroy() })
  const ends = slow.map(async (socket) => {
    await once(socket, 'close')
  })
  for (const socket of slow) socket.write('GET /ws/slow HTTP/1.1\r\n')
  const device = await gateway.device('quick')
  await device.stored(1, 'served')
  await Promise.race(ends)
  while (await open(gateway) > 11) await new Promise((resolve) => setImmediate(resolve))
  t.ok(await limited(gateway, 'idle-connections') >= 189)
  const [first] = slow
  t.ok(first?.destroyed, 'the oldest ones')
})

await t.test('in all, those of other addresses make room only for who has none yet', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { maxIdle: 3, maxIdlePerAddress: 3 } } })
  const { server } = gateway.app.http
  const come = async (localAddress: string): Promise<Socket> => {
    const accepted = once(server, 'connection')
    const socket = idle(gateway, localAddress)
    t.teardown(() => socket.destroy())
    await accepted
    return socket
  }
  const [first, second] = [await come('127.0.0.2'), await come('127.0.0.2')]
  const third = await come('127.0.0.3')
  const gone = once(third, 'close')
  const fourth = await come('127.0.0.3')
  await gone
  t.strictSame([first.destroyed, second.destroyed, fourth.destroyed], [false, false, false], 'its own')
  const firstGone = once(first, 'close')
  await come('127.0.0.4')
  await firstGone
  t.strictSame([second.destroyed, fourth.destroyed], [false, false], 'the oldest of all')
})

await t.test('a trusted proxy may keep as many connections as there may be', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { http: { maxIdlePerAddress: 1, trustedProxies: ['127.0.0.1'] } } })
  const sockets = Array.from({ length: 5 }, () => idle(gateway))
  t.teardown(() => { for (const socket of sockets) socket.destroy() })
  while (await open(gateway) < 5) await new Promise((resolve) => setImmediate(resolve))
  t.equal(await limited(gateway, 'idle-connections'), 0)
})

function idle (gateway: TestGateway, localAddress = '127.0.0.1'): Socket {
  const { hostname, port } = new URL(gateway.origin)
  return connect({ host: hostname, port: Number(port), localAddress }).on('error', () => {})
}

async function open (gateway: TestGateway): Promise<number> {
  return await new Promise((resolve) => gateway.app.http.server.getConnections((_error, count) => resolve(count)))
}

await t.test('a frame that never ends ends its socket, also where pings are answered', async (t) => {
  const clock = new HeldClock()
  const gateway = await startGateway(t, broker, { clock, settings: { ws: { heartbeatMs: 5_000 } } })
  for (const begun of [clientFrame(1, 'a', { fin: false }), Buffer.from([0x81]), Buffer.from([0x81, 0x85, 1])]) {
    const peer = await Peer.upgraded(gateway.host, '/ws/endless')
    peer.socket.write(begun)
    const code = peer.closeCode()
    const timer = setInterval(() => {
      if (begun.length > 3 && !peer.isClosing) peer.socket.write(clientFrame(PONG, ''))
      clock.advance(1_000)
    }, 5)
    t.equal(await code.finally(() => clearInterval(timer)), begun.length > 3 ? 4009 : 4002)
  }
  const other = await gateway.device('steady')
  other.ignore(({ type }) => type === 'stalled' || type === 'live')
  for (let n = 1; n < 5; n++) {
    clock.advance(5_000)
    await other.stored(n, n)
  }
})

await t.test('what a body means to be is not what it becomes', async (t) => {
  const gateway = await startGateway(t, broker)
  const send = async (body: string): Promise<number> =>
    (await fetch(`${gateway.origin}/v1/devices/d/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status
  t.equal(await send('{"__proto__":{"data":1}}'), 400)
  t.equal(await send('{"__proto__":{"event":5},"data":1}'), 400)
  t.equal(await send('{"data":{"__proto__":{"a":1},"constructor":{"prototype":{"b":1}}}}'), 201)
  t.equal(({} as { a?: unknown }).a, undefined)
  t.equal(await send(`{"data":{${Array.from({ length: 7_000 }, (_, n) => `"${n}":0`).join()}}}`), 201)
})

await t.test('a device that sends faster than it may loses nothing, and its order holds (G2, G3)', async (t) => {
  const gateway = await startGateway(t, broker, { settings: { quotas: { framesPerSecond: 500, burstMs: 100 } } })
  const device = await gateway.device('fast')
  const raw = await gateway.raw('fast')
  const fromMs = performance.now()
  for (let id = 1; id <= 300; id++) {
    device.publish(id, { data: id })
    raw.send('x')
  }
  await device.acked(300)
  await device.stored(301, 'and it is read on')
  t.ok(performance.now() - fromMs > 500, 'at its own pace')
  t.ok(await limited(gateway, 'rate') > 0)
})
