import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import t from 'tap'
import { makeApiKey } from '../../src/access/api-key.ts'
import { fileWith, secret, token } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import { keepLogged } from '../logs/keep.ts'
import { authenticate, bearer as bearerOf } from './callers.ts'
import { openDevice, ProtocolDevice, RawDevice } from './device.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'
import { Peer, upgradeHead } from './peer.ts'

const broker = await testBroker(t)
const jwt = { secretFile: fileWith(t, secret) }
const ticketSecret = 'ticket-secret-of-more-than-32-bytes!'
const auth = { jwt, tickets: { secretFile: fileWith(t, ticketSecret) } }
const lines: string[] = []
const logger = pino({ level: 'trace' }, { write: (line: string) => { keepLogged(line); lines.push(line) } })
const gateway = await startGateway(t, broker, { settings: { auth, http: { origins: ['https://app.example'] } }, logger })
const good = await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' })
const secrets = [ticketSecret, good]

interface Answer { status: number, body: { code?: string, message?: string, ticket?: string, expiresAt?: number } }

/** What POST /v1/tickets answers. */
async function ask (body: object, headers: Record<string, string> = { authorization: `Bearer ${good}` }, to = gateway): Promise<Answer> {
  const answer = await fetch(`${to.origin}/v1/tickets`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() as Answer['body'] }
}

async function ticket (body: object = {}): Promise<string> {
  const { status, body: { ticket } } = await ask({ ttlMs: 60_000, ...body })
  if (status !== 201) throw new Error(`${status}`)
  secrets.push(ticket!)
  return ticket!
}

/** The answer to an upgrade. */
async function upgrade (path: string, headers: Record<string, string> = {}, host = gateway.host): Promise<{ status: number, body: string }> {
  const peer = await Peer.connect(host)
  peer.socket.write(upgradeHead(host, path, headers))
  const head = await peer.head()
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  await peer.until(() => peer.received.length >= length)
  peer.socket.destroy()
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]), body: length === 0 ? '' : peer.received.toString() }
}

await t.test('a ticket opens one socket, in the address or beside the subprotocol', async (t) => {
  const before = Date.now()
  const made = await ask({ ttlMs: 60_000 })
  t.match(made, { status: 201, body: { ticket: /^tk_/, expiresAt: Number } })
  t.ok(made.body.expiresAt! >= before + 60_000 && made.body.expiresAt! <= Date.now() + 60_000)

  const first = await ticket()
  t.equal((await fetch(`${gateway.origin}/ws/sensor-1?ticket=${first}`)).status, 426, 'a question does not use it')
  const device = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws/sensor-1?ticket=${first}`, ['sluice.v1']))
  t.equal((await device.nextOf('welcome')).device, 'sensor-1')
  await device.stored(1, { c: 1 })
  t.match(await upgrade(`/ws?ticket=${first}`), { status: 401, body: '"Your ticket has been used; get a new one."' })

  const raw = await openDevice(new RawDevice(`ws://${gateway.host}/ws`, ['sluice.raw', `bearer.${await ticket()}`]))
  t.equal(raw.socket.protocol, 'sluice.raw')
  await Promise.all([device.close(), raw.close()])
})

await t.test('of two that bring one at once, one comes in', async (t) => {
  const path = `/ws?ticket=${await ticket()}`
  const answers = await Promise.all([upgrade(path), upgrade(path), upgrade(path)])
  t.strictSame(answers.map(({ status }) => status).sort(), [101, 401, 401])
})

await t.test('a ticket that was refused for another reason is still good', async (t) => {
  const one = await ticket()
  t.match(await upgrade(`/ws?ticket=${one}&since=never`), { status: 400, body: 'bad-cursor' })
  t.match(await upgrade(`/ws?ticket=${one}`), { status: 101 })
})

await t.test('a ticket is bound to its device, and to its page\'s origin', async (t) => {
  const one = await ticket({ origin: 'https://app.example' })
  t.match(await upgrade(`/ws/sensor-2?ticket=${one}`, { origin: 'https://app.example' }), { status: 403, body: 'another device' })
  for (const headers of [{}, { origin: gateway.origin }]) t.match(await upgrade(`/ws?ticket=${one}`, headers as Record<string, string>), { status: 403, body: 'another origin' })
  t.match(await upgrade(`/ws?ticket=${one}`, { origin: 'https://app.example' }), { status: 101 })

  const { body } = await ask({ ttlMs: 60_000 }, { authorization: `Bearer ${good}`, origin: gateway.origin })
  t.match(await upgrade(`/ws?ticket=${body.ticket}`), { status: 403, body: 'another origin' }, 'where a page asks, to that page')
  t.match(await upgrade(`/ws?ticket=${body.ticket}`, { origin: gateway.origin }), { status: 101 })
})

await t.test('it is good on any instance that has the secret, on each once', async (t) => {
  const topics = { uplink: gateway.uplink, downlink: gateway.downlink }
  const second = await gatewayOn(t, broker.brokers, topics, { settings: { auth } })
  const third = await gatewayOn(t, broker.brokers, topics, { settings: { auth: { jwt, tickets: { secretFile: fileWith(t, 'another secret of more than 32 bytes') } } } })
  const path = `/ws?ticket=${await ticket({ ttlMs: 60_000 })}`
  t.equal((await upgrade(path, {}, second.host)).status, 101)
  t.equal((await upgrade(path, {}, second.host)).status, 401)
  t.match(await upgrade(path, {}, third.host), { status: 401, body: 'not one of this server' })
})

/** A gateway with API keys, and what opens a socket by a ticket that a key asked for. */
async function withKeys (t: Parameters<typeof startGateway>[0] & Parameters<typeof fileWith>[0], keys: object[], clock?: HeldClock): Promise<{ ids: string[], keys: string[], keyed: TestGateway, open: (key: string) => Promise<ProtocolDevice> }> {
  const made = keys.map((more) => ({ ...makeApiKey(), more }))
  const file = fileWith(t, JSON.stringify({ keys: made.map(({ id, hash, more }) => ({ id, hash: hash.toString('base64url'), roles: ['device'], createdAt: 1, ...more })) }))
  const keyed = await startGateway(t, broker, { ...(clock === undefined ? {} : { clock }), settings: { auth: { keys: { file }, tickets: auth.tickets } } })
  const open = async (key: string): Promise<ProtocolDevice> => {
    const { body } = await ask({ ttlMs: 60_000 }, { authorization: `Bearer ${key}` }, keyed)
    return await openDevice(new ProtocolDevice(`ws://${keyed.host}/ws?ticket=${body.ticket}`, ['sluice.v1']))
  }
  return { ids: made.map(({ id }) => id), keys: made.map(({ key }) => key), keyed, open }
}

await t.test('its socket ends when the credentials do by which it was asked for', async (t) => {
  const clock = new HeldClock()
  const expiresAt = clock.now() + 30_000
  const { keys: [key], open } = await withKeys(t, [{ device: 'd1', expiresAt }], clock)
  const device = await open(key!)
  t.match(await device.nextOf('welcome'), { device: 'd1', expiresInMs: expiresAt - clock.now() })
  clock.advance(31_000)
  t.match(await device.ended, { code: 4006 })
})

await t.test('its socket ends when they are revoked, and no ticket is taken in a refresh', async (t) => {
  const { keys: [key, operator], ids, keyed, open } = await withKeys(t, [{ device: 'd1' }, { roles: ['operator'] }])
  const device = await open(key!)
  await device.nextOf('welcome')
  const { body } = await ask({}, { authorization: `Bearer ${key}` }, keyed)
  device.send(JSON.stringify({ type: 'refresh', token: body.ticket }))
  t.match(await device.nextOf('denied'), { code: 'bad-credentials', message: 'A ticket opens a socket, and is good for nothing else.' })
  const headers = { authorization: `Bearer ${operator}`, 'content-type': 'application/json' }
  t.equal((await fetch(`${keyed.origin}/v1/revocations`, { method: 'POST', headers, body: JSON.stringify({ key: ids[0] }) })).status, 201)
  t.match(await device.ended, { code: 4509 })
})

await t.test('a ticket for another device is held to who asked for it', async (t) => {
  const { keys: [olga, admin], keyed } = await withKeys(t, [{ device: 'olga', roles: ['operator'] }, { roles: ['operator'] }])
  const paged = async (device: string): Promise<string> => (await ask({ device, ttlMs: 60_000 }, { authorization: `Bearer ${olga}` }, keyed)).body.ticket!
  const open = async (device: string): Promise<ProtocolDevice> => await openDevice(new ProtocolDevice(`ws://${keyed.host}/ws?ticket=${await paged(device)}`, ['sluice.v1']))
  const revoke = async (device: string): Promise<number> => (await fetch(`${keyed.origin}/v1/revocations`, { method: 'POST', headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }, body: JSON.stringify({ device }) })).status
  const [first, second, unused, other] = [await open('page-1'), await open('page-2'), await paged('page-3'), await paged('page-1')]
  t.equal((await first.nextOf('welcome')).device, 'page-1')
  await second.nextOf('welcome')
  second.send(JSON.stringify({ type: 'refresh', token: olga }))
  await second.nextOf('refreshed')
  t.equal((await upgrade(`/ws/olga?ticket=${unused}`, {}, keyed.host)).status, 403)

  t.equal(await revoke('page-1'), 201)
  t.match(await first.ended, { code: 4509 })
  t.match(await upgrade(`/ws?ticket=${other}`, {}, keyed.host), { status: 401, body: 'has been revoked' }, 'the device that it is for')
  t.equal(await revoke('olga'), 201)
  t.match(await second.ended, { code: 4509 })
  t.match(await upgrade(`/ws?ticket=${unused}`, {}, keyed.host), { status: 401, body: 'has been revoked' }, 'the device that asked')
})

await t.test('who comes by a hook gets tickets too, and the hook is not asked about them', async (t) => {
  const hooked = await startGateway(t, broker, { authenticate, settings: { auth: { tickets: auth.tickets } } })
  const { body } = await ask({ ttlMs: 60_000 }, bearerOf({ device: 'd1' }), hooked)
  t.equal((await upgrade(`/ws/d1?ticket=${body.ticket}`, {}, hooked.host)).status, 101)
})

await t.test('who got one for which device stands in the audit log, and not the ticket', async (t) => {
  const file = join(t.testdir(), 'audit.jsonl')
  const audited = await startGateway(t, broker, { settings: { auth, audit: { file } } })
  const { body } = await ask({}, undefined, audited)
  await audited.app.close()
  t.match(readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as object), [{ act: 'ticket', subject: 'sensor-1', by: 'token', device: 'sensor-1' }])
  t.notMatch(readFileSync(file, 'utf8'), body.ticket!)
})

await t.test('who gets none', async (t) => {
  const bearer = (one: string): Record<string, string> => ({ authorization: `Bearer ${one}` })
  const service = await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' }, { sub: 'orders:|x', roles: 'service' })
  const cases: Array<[string, object, Record<string, string>, number, string]> = [
    ['nobody', {}, {}, 401, 'unauthenticated'],
    ['a ticket', {}, bearer(await ticket()), 401, 'bad-credentials'],
    ['another device', { device: 'sensor-2' }, bearer(good), 403, 'forbidden'],
    ['a service, by the default rules', { device: 'sensor-1' }, bearer(service), 403, 'forbidden'],
    ['a service that names no device', {}, bearer(service), 400, 'bad-device-id'],
    ['no device id', { device: 'a b' }, bearer(good), 400, 'bad-device-id'],
    ['too long', { ttlMs: 60_001 }, bearer(good), 400, 'bad-request'],
    ['too short', { ttlMs: 999 }, bearer(good), 400, 'bad-request'],
    ['with more', { roles: ['operator'] }, bearer(good), 400, 'bad-request']
  ]
  for (const [name, body, headers, status, code] of cases) t.match(await ask(body, headers), { status, body: { code } }, name)
  const answer = await fetch(`${gateway.origin}/v1/devices`, { headers: bearer(await ticket()) })
  t.match([answer.status, await answer.json()], [401, { message: 'A ticket opens a socket, and is good for nothing else.' }])

  const without = await startGateway(t, broker, { settings: { auth: { jwt } } })
  t.match(await ask({}, bearer(good), without), { status: 404, body: { code: 'not-found', message: /gives no tickets/ } })
  const open = await startGateway(t, broker, { settings: { auth: { ...auth, anonymous: 'always' } } })
  t.match(await ask({ device: 'sensor-1' }, {}, open), { status: 401, body: { code: 'unauthenticated' } })
})

await t.test('a token in the address, only where that is allowed', async (t) => {
  t.match(await upgrade(`/ws?token=${good}`), { status: 400, body: /"bad-parameter".*takes no token in the address/ })
  const open = await startGateway(t, broker, { settings: { auth: { ...auth, queryToken: true } }, logger })
  t.equal((await upgrade(`/ws/sensor-1?token=${good}`, {}, open.host)).status, 101)
  t.match(await upgrade(`/ws?token=${good}&token=${good}`, {}, open.host), { status: 400, body: 'token is a token, once.' })
  t.equal((await fetch(`${open.origin}/v1/devices?token=${good}`)).status, 401, 'of a socket alone')
})

await t.test('two credentials that differ', async (t) => {
  const one = await ticket()
  const bearer = { authorization: `Bearer ${good}` }
  const cases: Array<[string, Record<string, string>]> = [
    [`/ws?ticket=${one}`, bearer],
    ['/ws', { ...bearer, 'sec-websocket-protocol': `sluice.v1, bearer.${one}` }],
    ['/ws', { 'sec-websocket-protocol': `sluice.v1, bearer.${one}, bearer.${good}` }]
  ]
  for (const [path, headers] of cases) t.match(await upgrade(path, headers), { status: 400, body: 'You bring two credentials that differ; bring one, in one place.' })
  t.equal((await upgrade('/ws', { ...bearer, 'sec-websocket-protocol': `sluice.v1, bearer.${good}` })).status, 101, 'the same one twice is one')
  for (const bad of [good, `${one}&ticket=${one}`, '']) t.match(await upgrade(`/ws?ticket=${bad}`), { status: 400, body: 'ticket is what POST /v1/tickets gave, once.' })
})

await t.test('no log line shows a ticket or a token', async (t) => {
  t.ok(lines.length > 0)
  for (const one of secrets) t.notMatch(lines.join(''), one)
})
