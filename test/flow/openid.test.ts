import t from 'tap'
import * as ws from 'ws'
import type { SocketClass } from '../../src/client/connection.ts'
import { connect } from '../../src/client/client.ts'
import { OpenIdProvider, type SigningKey } from '../access/openid-provider.ts'
import { pairs } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import { openDevice, ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'

/** Node's own where it has one. */
const { WebSocket = ws.WebSocket } = globalThis as { WebSocket?: SocketClass }
const COOLDOWN_MS = 10_000
const REFRESH_MS = 60_000

const old: SigningKey = { kid: 'old', alg: 'RS256', ...pairs.rsa() }
const next: SigningKey = { kid: 'next', alg: 'ES256', ...pairs.p256() }

const broker = await testBroker(t)
const provider = await OpenIdProvider.listen(t, ['lamp-7', 'orders'])
provider.signBy(old)
const clock = new HeldClock()
const gateway = await startGateway(t, broker, {
  clock,
  settings: {
    auth: {
      jwt: { jwksUrl: await provider.jwksUrl(), issuer: provider.issuer, audience: 'sluice', jwksRefreshMs: REFRESH_MS },
      claims: { roles: 'scope', watch: 'https://sluice.example/watch' }
    }
  }
})

async function statusOf (token: string): Promise<number> {
  return (await fetch(`${gateway.origin}/ws`, { headers: { authorization: `Bearer ${token}` } })).status
}

const ofOld = await provider.token('lamp-7', 'device')

await t.test('who has a token of the provider is let in, as what its claims say', async (t) => {
  const lamp = await openDevice(new ProtocolDevice(`ws://${gateway.host}/ws`, ['sluice.v1', `bearer.${ofOld}`]))
  t.match(await lamp.nextOf('welcome'), { device: 'lamp-7' })
  await lamp.stored(1, { on: true })
  for (const [device, answer] of [['lamp-8', { devices: ['lamp-8'] }], ['door', { denied: 'door' }]] as const) {
    lamp.send(JSON.stringify({ type: 'watch', device }))
    t.match(await lamp.nextOf('watching'), answer)
  }
  const headers = { authorization: `Bearer ${await provider.token('orders', 'service')}`, 'content-type': 'application/json' }
  const sent = await fetch(`${gateway.origin}/v1/devices/lamp-7/messages`, { method: 'POST', headers, body: '{"data":"on"}' })
  t.equal(sent.status, 201)
  t.match(await lamp.nextOf('message'), { data: 'on' })
  await lamp.close()
})

await t.test('the client library brings a token of its own with each connection', async (t) => {
  let tokens = 0
  const client = connect(`ws://${gateway.host}/ws`, {
    WebSocket,
    minRetryMs: 20,
    maxRetryMs: 100,
    getToken: async () => {
      tokens += 1
      return await provider.token('lamp-7', 'device')
    }
  })
  t.teardown(() => client.close())
  await client.publish({ on: false })
  const [session] = gateway.app.gateway.hub.sessions()
  session?.terminate()
  await client.publish({ on: true })
  t.equal(tokens, 2)
})

await t.test('a client whose token is not good ends with the reason', async (t) => {
  const client = connect(`ws://${gateway.host}/ws/door`, { WebSocket, getToken: () => ofOld })
  const why = await new Promise((resolve) => client.on('closed', ({ why }) => resolve(why)))
  t.equal(why, 'Your credentials do not allow you to connect as door.')
})

await t.test('keys change: new ones count at once, and those that were taken away no more', async (t) => {
  provider.signBy(next, old)
  const ofNext = await provider.token('lamp-7', 'device')
  clock.advance(COOLDOWN_MS)
  t.equal(await statusOf(ofNext), 426)
  t.equal(await statusOf(ofOld), 426)
  provider.signBy(next)
  clock.advance(REFRESH_MS)
  while (await statusOf(ofOld) !== 401);
  t.equal(await statusOf(ofNext), 426)
})

await t.test('while the provider is away those whose key is known come in, and nobody is refused for good', async (t) => {
  const ofNext = await provider.token('orders', 'device')
  const another = await provider.token('lamp-7', 'device')
  await provider.close()
  clock.advance(REFRESH_MS)
  t.equal(await statusOf(ofNext), 426)
  t.equal(await statusOf(another), 426)
  while (await statusOf(ofOld) !== 503);
  const answer = await fetch(`${gateway.origin}/ws`, { headers: { authorization: `Bearer ${ofOld}` } })
  t.match([answer.status, answer.headers.get('retry-after'), await answer.json()], [503, '5', { code: 'login-unavailable' }])
})
