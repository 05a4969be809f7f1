import { createSecretKey } from 'node:crypto'
import t from 'tap'
import type { DeepPartial, Settings } from '../../src/config/index.ts'
import { fileWith, secret, token } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import { openDevice, ProtocolDevice, RawDevice } from './device.ts'
import { startGateway } from './gateway.ts'
import { Peer, upgradeHead } from './peer.ts'

const broker = await testBroker(t)
const key = createSecretKey(Buffer.from(secret))
const HS256 = { alg: 'HS256' }
const secretFile = fileWith(t, `${secret}\n`)
const login: DeepPartial<Settings> = { auth: { jwt: { secretFile, issuer: 'https://id.example', audience: 'sluice' } } }
const claims = { iss: 'https://id.example', aud: 'sluice' }
const gateway = await startGateway(t, broker, { settings: login })
const good = await token(key, HS256, claims)

/** The answer to an upgrade: its head, and the body where it is refused. */
async function upgrade (path: string, headers: Record<string, string> = {}): Promise<{ status: number, head: string, body: unknown }> {
  const peer = await Peer.connect(gateway.host)
  peer.socket.write(upgradeHead(gateway.host, path, headers))
  const head = await peer.head()
  const status = Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1])
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  await peer.until(() => peer.received.length >= length)
  peer.socket.destroy()
  return { status, head, body: length === 0 ? undefined : JSON.parse(peer.received.toString()) }
}

const bearer = (jwt: string): Record<string, string> => ({ authorization: `Bearer ${jwt}` })

await t.test('a token comes in a header, or as a subprotocol that is never sent back', async (t) => {
  const ways: Array<[string, Record<string, string>, string | undefined]> = [
    ['a header', bearer(good), undefined],
    ['a header, in other letters', { authorization: `bearer  ${good}` }, undefined],
    ['beside sluice.v1', { 'sec-websocket-protocol': `sluice.v1, bearer.${good}` }, 'sluice.v1'],
    ['beside sluice.raw', { 'sec-websocket-protocol': `sluice.raw,bearer.${good}` }, 'sluice.raw'],
    ['before it', { 'sec-websocket-protocol': `bearer.${good}, sluice.raw` }, 'sluice.raw']
  ]
  for (const [name, headers, protocol] of ways) {
    for (const path of ['/ws/sensor-1', '/ws']) {
      const { status, head } = await upgrade(path, headers)
      t.equal(status, 101, `${path} with ${name}`)
      t.equal(/sec-websocket-protocol: (.*)\r/i.exec(head)?.[1], protocol)
      t.notMatch(head, good.split('.')[2] as string)
    }
  }
  t.equal((await upgrade('/ws', { 'sec-websocket-protocol': `bearer.${good}` })).status, 400, 'alone it says nothing of how to speak')
})

await t.test('a bearer token that cannot be read is no lack of one, and other schemes are somebody else\'s', async (t) => {
  for (const authorization of ['Bearer', 'bearer ', 'Bearer a b', 'Bearer=a', 'bearer:a', 'Bearer\ta', `Bearer ${good} ${good}`]) {
    t.match(await upgrade('/ws/sensor-1', { authorization }), { status: 400, body: { code: 'bad-request', message: /^Your Authorization cannot be read/ } }, authorization.slice(0, 10))
  }
  for (const authorization of ['Basic YTpi', 'Bearers x']) t.match(await upgrade('/ws/sensor-1', { authorization }), { status: 401, body: { code: 'unauthenticated' } }, authorization)
  t.equal((await upgrade('/ws', { authorization: 'Basic YTpi', 'sec-websocket-protocol': `sluice.v1, bearer.${good}` })).status, 101)
})

await t.test('without credentials nobody comes in, on loopback neither', async (t) => {
  for (const path of ['/ws/sensor-1', '/ws', '/v1/devices', '/metrics']) {
    const answer = await fetch(`${gateway.origin}${path}`)
    t.match([answer.status, answer.headers.get('www-authenticate'), await answer.json()], [401, 'Bearer', { code: 'unauthenticated' }], path)
  }
  const { status, head } = await upgrade('/ws/sensor-1')
  t.equal(status, 401)
  t.match(head, /www-authenticate: Bearer\r/i)
})

await t.test('what is wrong with a token is said, and the token is not', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const cases: Array<[string, string, string]> = [
    ['an expired one', await token(key, HS256, { ...claims, exp: now - 60 }), 'Your token has expired.'],
    ['of another issuer', await token(key, HS256, { ...claims, iss: 'https://other.example' }), "Your token's claim iss is not one that this server takes."],
    ['for somebody else', await token(key, HS256, { ...claims, aud: 'other' }), "Your token's claim aud is not one that this server takes."],
    ['of another secret', await token(createSecretKey(Buffer.alloc(32)), HS256, claims), "Your token's signature is not good."],
    ['cut off', good.slice(0, good.lastIndexOf('.')), 'Your token is of no kind that this server takes.'],
    ['no token', 'x', 'Your token is of no kind that this server takes.']
  ]
  for (const [name, jwt, message] of cases) {
    const { status, head, body } = await upgrade('/ws/sensor-1', bearer(jwt))
    t.match([status, body], [401, { code: 'bad-credentials', message }], name)
    t.match(head, /www-authenticate: Bearer error="invalid_token"\r/i)
    const answer = await fetch(`${gateway.origin}/v1/devices`, { headers: bearer(jwt) })
    const text = await answer.text()
    t.strictSame([answer.status, JSON.parse(text)], [401, { code: 'bad-credentials', message }])
    if (jwt.length > 1) t.notMatch(text, jwt)
  }
})

await t.test('a device is the one that its token names', async (t) => {
  t.match(await upgrade('/ws/sensor-2', bearer(good)), { status: 403, body: { code: 'forbidden', message: 'Your credentials do not allow you to connect as sensor-2.' } })
  const device = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws`, ['sluice.v1', `bearer.${good}`]))
  t.equal((await device.nextOf('welcome')).device, 'sensor-1')
  await device.stored(1, { c: 1 })
  device.send(JSON.stringify({ type: 'watch', device: 'sensor-2' }))
  t.match(await device.nextOf('watching'), { devices: [], denied: 'sensor-2' })
  for (const path of ['/v1/devices', '/metrics']) t.equal((await fetch(`${gateway.origin}${path}`, { headers: bearer(good) })).status, 403, path)
  await device.close()
})

await t.test('claims say which events may be published', async (t) => {
  const jwt = await token(key, HS256, { ...claims, events: ['temp*', 'alarm'] })
  const device = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws`, ['sluice.v1', `bearer.${jwt}`]))
  await device.nextOf('welcome')
  device.publish(1, { event: 'temperature', data: 1 })
  t.match(await device.nextOf('ack'), { id: 1 })
  device.publish(2, { event: 'door', data: 1 })
  t.match(await device.nextOf('refused'), { id: 2, code: 'not-permitted', temporary: false })
  device.publish(3, { data: 1 })
  t.match(await device.nextOf('refused'), { id: 3, code: 'not-permitted' })
  device.publish(4, { event: 'alarm', data: 1 })
  t.match(await device.nextOf('ack'), { id: 4 })
  await device.close()
  const raw = await openDevice(new RawDevice(`ws://${gateway.host}/ws`, ['sluice.raw', `bearer.${jwt}`]))
  raw.send('1')
  t.match(await raw.ended, { code: 4507, reason: /^not-permitted/ })
})

await t.test('claims say which devices may be watched', async (t) => {
  const jwt = await token(key, HS256, { ...claims, sub: 'page-1', watch: 'sensor-* lamp-7' })
  const page = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws`, ['sluice.v1', `bearer.${jwt}`]))
  await page.nextOf('welcome')
  const ask = async (device: string): Promise<unknown> => {
    page.send(JSON.stringify({ type: 'watch', device }))
    return await page.nextOf('watching')
  }
  t.match(await ask('lamp-8'), { devices: [], denied: 'lamp-8' })
  t.match(await ask('*'), { devices: [], denied: '*' })
  t.match(await ask('lamp-7'), { devices: ['lamp-7'] })
  t.match(await ask('sensor-1'), { devices: ['lamp-7', 'sensor-1'] })
  const sensor = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws`, ['sluice.v1', `bearer.${good}`]))
  await sensor.nextOf('welcome')
  await sensor.stored(1, { c: 21.5 })
  t.match(await page.nextOf('message'), { device: 'sensor-1', data: { c: 21.5 } })
  await Promise.all([page.close(), sensor.close()])
})

await t.test('a service sends over HTTP, and is no device', async (t) => {
  const jwt = await token(key, HS256, { ...claims, sub: 'https://orders.example/|service', roles: 'service' })
  const raw = await openDevice(new RawDevice(`ws://${gateway.host}/ws/sensor-1`, ['sluice.raw', `bearer.${good}`]))
  const send = async (auth: string): Promise<Response> => await fetch(`${gateway.origin}/v1/devices/sensor-1/messages`, {
    method: 'POST', headers: { ...bearer(auth), 'content-type': 'application/json' }, body: '{"data":{"led":true}}'
  })
  t.equal((await send(jwt)).status, 201)
  t.equal(await raw.next(), '{"led":true}')
  t.equal((await fetch(`${gateway.origin}/v1/devices`, { headers: bearer(jwt) })).status, 200)
  const refused = await send(good)
  t.match([refused.status, await refused.json()], [403, { code: 'forbidden' }], 'a device may not')
  t.match(await upgrade('/ws/sensor-1', bearer(jwt)), { status: 403, body: { code: 'forbidden' } })
  t.match(await upgrade('/ws', bearer(jwt)), { status: 400, body: { code: 'bad-device-id' } })
  await raw.close()
})
