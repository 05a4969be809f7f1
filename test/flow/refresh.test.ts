import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { WebSocket } from 'ws'
import { connect } from '../../src/client/index.ts'
import { fileWith, secret, token } from '../access/issuer.ts'
import { testBroker } from '../kafka/broker.ts'
import { authenticate, bearer, tokenOf } from './callers.ts'
import type { ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'
import { readDevice, write } from './kafka.ts'

const broker = await testBroker(t)
const refresh = (device: ProtocolDevice, token: string): void => device.send(JSON.stringify({ type: 'refresh', token }))

await t.test('a refreshed socket outlives the credentials that it came with, and not the new ones', async (t) => {
  const clock = new HeldClock()
  const gateway = await startGateway(t, broker, { authenticate, clock })
  const device = await gateway.device('d1', { headers: bearer({ device: 'd1', expiresMs: clock.now() + 10_000 }) })
  refresh(device, tokenOf({ device: 'd1', expiresMs: clock.now() + 60_000 }))
  t.match(await device.nextOf('refreshed'), { expiresInMs: 60_000 })
  clock.advance(30_000)
  device.publish(1, { data: 'still here' })
  t.equal((await device.nextOf('ack')).id, 1)
  clock.advance(31_000)
  t.match(await device.ended, { code: 4006 })
})

await t.test('what the new token allows is allowed, and nothing else', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const page = await gateway.device('page', { headers: bearer({ device: 'page', events: ['a'], watch: ['d1', 'd2'] }) })
  for (const device of ['d1', 'd2']) {
    page.send(JSON.stringify({ type: 'watch', device }))
    await page.nextOf('watching')
  }
  refresh(page, tokenOf({ device: 'page', events: ['b'], watch: ['d2', 'd3'] }))
  t.match(await page.take(2), [{ type: 'refreshed' }, { type: 'watching', devices: ['d2'], denied: 'd1' }])
  page.publish(1, { event: 'a', data: 1 })
  t.match(await page.nextOf('refused'), { id: 1, code: 'not-permitted' })
  page.publish(2, { event: 'b', data: 2 })
  await page.acked(2)
  await write(broker.brokers, gateway.uplink, [{ key: 'd1', value: '1' }])
  await write(broker.brokers, gateway.uplink, [{ key: 'd2', value: '2' }])
  t.match(await page.nextOf('message'), { device: 'd2' })
  page.send(JSON.stringify({ type: 'watch', device: 'd3' }))
  t.match(await page.nextOf('watching'), { devices: ['d2', 'd3'] })
  t.equal((await readDevice(broker.brokers, gateway.uplink, 'page')).length, 1)
})

await t.test('a bad token changes nothing, one of another device ends the socket', async (t) => {
  const clock = new HeldClock()
  const gateway = await startGateway(t, broker, { authenticate, clock })
  const device = await gateway.device('d1', { headers: bearer({ device: 'd1', expiresMs: clock.now() + 60_000 }) })
  refresh(device, 'rubbish')
  refresh(device, 'rubbish')
  t.match((await device.take(2)).map(({ type, code }) => [type, code]).sort(), [['denied', 'bad-credentials'], ['denied', 'too-soon']])
  await device.stored(1, 'goes on')
  clock.advance(1_000)
  refresh(device, tokenOf({ device: 'd2' }))
  t.match(await device.ended, { code: 4507, reason: /^not-permitted: / })
})

await t.test('who may be several devices refreshes by its own credentials, and by nobody else\'s', async (t) => {
  const clock = new HeldClock()
  const gateway = await startGateway(t, broker, { authenticate, clock })
  const [page, other] = [await gateway.device('page-1', { headers: bearer({ device: 'olga', roles: ['operator'] }) }), await gateway.device('page-2', { headers: bearer({ device: 'olga', roles: ['operator'] }) })]
  refresh(page, tokenOf({ device: 'olga', roles: ['operator'], expiresMs: clock.now() + 60_000 }))
  t.match(await page.nextOf('refreshed'), { expiresInMs: 60_000 })
  refresh(other, tokenOf({ device: 'otto', roles: ['operator'] }))
  t.match(await other.ended, { code: 4507 })
})

await t.test('it may come from somebody who came without credentials; where nobody can log in none is good', async (t) => {
  const open = await startGateway(t, broker, { authenticate, settings: { auth: { anonymous: 'always' } } })
  const device = await open.device('d1')
  refresh(device, tokenOf({ device: 'd1', events: [] }))
  await device.nextOf('refreshed')
  device.publish(1, { data: 1 })
  t.match(await device.nextOf('refused'), { code: 'not-permitted' })
  const other = await (await startGateway(t, broker)).device('d1')
  refresh(other, 'any')
  t.match(await other.nextOf('denied'), { code: 'bad-credentials' })
})

await t.test('the client library sends a new token in time, and nobody notices', async (t) => {
  const gateway = await startGateway(t, broker, { authenticate })
  const states: string[] = []
  await new Promise<void>((resolve) => {
    let tokens = 0
    const client = connect(`ws://${gateway.host}/ws/d1`, {
      WebSocket,
      getToken: () => {
        if (++tokens === 4) resolve()
        return tokenOf({ device: 'd1', expiresMs: Date.now() + 1_500 })
      }
    })
    client.on('state', ({ name }) => states.push(name))
    t.teardown(() => client.close())
  })
  t.strictSame(states, ['connecting', 'live'].slice(-states.length))
})

await t.test('with tokens of an issuer: refreshed, expired, and revoked by its id', async (t) => {
  const clock = new HeldClock()
  const jwt = { secretFile: fileWith(t, secret), clockToleranceMs: 0 }
  const gateway = await startGateway(t, broker, { clock, settings: { auth: { jwt } } })
  const nowS = Math.floor(clock.now() / 1_000)
  const signed = async (changes: object): Promise<string> => await token(createSecretKey(Buffer.from(secret)), { alg: 'HS256' }, { sub: 'd1', iat: nowS, exp: nowS + 10, ...changes })
  const headers = { authorization: `Bearer ${await signed({ jti: 'first' })}` }
  const [device, revoked] = [await gateway.device('d1', { headers }), await gateway.device('d1', { headers })]
  t.ok(device.welcome?.expiresInMs as number > 8_000 && device.welcome?.expiresInMs as number <= 10_000)
  for (const [bad, message] of [['rubbish', /token/i], [await signed({ exp: nowS - 1 }), /expired/], [await signed({ sub: undefined }), /./]] as const) {
    refresh(device, bad)
    t.match(await device.nextOf('denied'), { code: 'bad-credentials', message })
    clock.advance(1_000)
  }
  refresh(device, await signed({ jti: 'second', exp: nowS + 25 }))
  const { expiresInMs } = await device.nextOf('refreshed')
  t.ok(expiresInMs as number > 15_000)
  const operator = { authorization: `Bearer ${await signed({ sub: 'olga', roles: ['operator'] })}`, 'content-type': 'application/json' }
  t.equal((await fetch(`${gateway.origin}/v1/revocations`, { method: 'POST', headers: operator, body: JSON.stringify({ token: 'first' }) })).status, 201)
  while (gateway.app.gateway.revocations.size === 0) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(100)
  t.match(await revoked.ended, { code: 4509 }, 'who still has the first')
  clock.advance(10_000)
  device.publish(1, { data: 'on the second' })
  await device.acked(1)
  clock.advance(15_000)
  t.match(await device.ended, { code: 4006 })
})
