import { once } from 'node:events'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'
import { write } from './kafka.ts'
import { data, messages, untilLive } from './resume.ts'

const broker = await testBroker(t)
const MAIN = { query: '?resume=main' }

/** An instance that begins with nothing in memory, on the topics of another. */
async function again (t: Parameters<typeof startGateway>[0], { uplink, downlink }: TestGateway): Promise<TestGateway> {
  return await gatewayOn(t, broker.brokers, { uplink, downlink })
}

const send = async (gateway: TestGateway, ...values: number[]): Promise<void> => await write(broker.brokers, gateway.downlink, values.map((n) => ({ key: 'd1', value: String(n) })))

await t.test('the server keeps how far a device has received, over a restart of everything (G4)', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.device('d1', MAIN)
  t.strictSame(await untilLive(first), [], 'the first time it is live')
  await send(gateway, 1, 2, 3)
  const [, second] = await first.take(3)
  first.send(JSON.stringify({ type: 'received', cursor: second?.cursor }))
  first.publish(1, { data: 'behind it' })
  await first.acked(1)
  await first.close()
  await gateway.app.close()
  await send(gateway, 4)

  const other = await again(t, gateway)
  const back = await other.device('d1', MAIN)
  t.strictSame(data(await untilLive(back)), [3, 4], 'what was sent and not received comes again')
  t.strictSame(data(await untilLive(await other.device('d1', { query: '?resume=other' }))), [], 'under another name it is live')
  await back.close()
})

await t.test('the first time nothing was received: what comes after it is there', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.device('d1', MAIN)
  await untilLive(first)
  await first.close()
  await send(gateway, 1)
  t.strictSame(data(await messages(await gateway.device('d1', MAIN), 1)), [1])
})

await t.test('the newest socket holds the name', async t => {
  const gateway = await startGateway(t, broker)
  const other = await again(t, gateway)
  const first = await gateway.device('d1', MAIN)
  await untilLive(first)
  const second = await other.device('d1', MAIN)
  t.match(await first.ended, { code: 4505, reason: /^name-taken: / })
  await untilLive(second)
  const raw = await gateway.raw('d1', MAIN)
  t.match(await second.ended, { code: 4505 })
  await raw.close()
})

await t.test('raw: a pong that answers a ping behind the frames says that they were received', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.raw('d1', MAIN)
  const pinged = once(first.socket, 'ping')
  // Live from the claim on: what is written before it is stored comes all the same.
  await send(gateway, 1, 2)
  t.strictSame(await first.take(2), ['1', '2'])
  await pinged
  await first.close()
  await send(gateway, 3)
  await gateway.app.close()
  const second = await (await again(t, gateway)).raw('d1', MAIN)
  t.equal(await second.next(), '3')
})

await t.test('a received that names more than was sent moves nothing; and what cannot be', async t => {
  const gateway = await startGateway(t, broker)
  const device = await gateway.device('d1', MAIN)
  await untilLive(device)
  await send(gateway, 1)
  const message = await device.nextOf('message')
  const parts = String(message.cursor).split('.')
  device.send(JSON.stringify({ type: 'received', cursor: parts.map((part, n) => n === 4 ? '999' : part).join('.') }))
  device.publish(1, { data: 1 })
  await device.nextOf('ack')
  await device.close()
  t.match(await (await gateway.device('d1', MAIN)).nextOf('message'), { data: 1 })
  for (const frame of [{ cursor: 'x' }, {}, { cursor: message.cursor, more: 1 }]) {
    const bad = await gateway.device('d2')
    bad.send(JSON.stringify({ type: 'received', ...frame }))
    t.match(await bad.ended, { code: 4506 })
  }
  for (const [query, message] of [
    ['resume=', 'resume is 1 to 64 characters of A-Z a-z 0-9 . _ ~ -, once.'], ['resume=a/b', /^resume is/],
    ['resume=main&since=earliest', 'since and resume both say where to begin; give one of them.']
  ] as const) {
    const answer = await fetch(`${gateway.origin}/ws/d1?${query}`)
    t.match([answer.status, await answer.json()], [400, { code: 'bad-parameter', message }])
  }
})

await t.test('over the bound a new name is refused', async t => {
  const gateway = await startGateway(t, broker, { settings: { positions: { max: 1 } } })
  const device = await gateway.device('d1', MAIN)
  await untilLive(device)
  const answer = await fetch(`${gateway.origin}/ws/d2?resume=main`)
  t.match([answer.status, await answer.json()], [503, { code: 'positions-full' }])
  t.equal((await fetch(`${gateway.origin}/ws/d1?resume=main`)).status, 426)
})

await t.test('one device does not take the names of all', async t => {
  const gateway = await startGateway(t, broker, { settings: { positions: { maxPerDevice: 2 } } })
  for (const name of ['one', 'two']) await untilLive(await gateway.device('d1', { query: `?resume=${name}` }))
  const answer = await fetch(`${gateway.origin}/ws/d1?resume=three`)
  t.match([answer.status, await answer.json()], [503, { code: 'positions-full' }])
  t.strictSame(await Promise.all(['d1?resume=two', 'd2?resume=three'].map(async (path) => (await fetch(`${gateway.origin}/ws/${path}`)).status)), [426, 426])
})

await t.test('what was handled on an earlier socket may be said before it has come again', async t => {
  const gateway = await startGateway(t, broker, { settings: { ws: { outboxBytes: 100_000 } } })
  const first = await gateway.device('d1', MAIN)
  await untilLive(first)
  const value = JSON.stringify('x'.repeat(60_000))
  for (let n = 0; n < 20; n++) await write(broker.brokers, gateway.downlink, Array.from({ length: 12 }, () => ({ key: 'd1', value })))
  const received = await first.take(240)
  await first.close()

  const second = await gateway.device('d1', MAIN)
  second.socket.pause()
  const [session] = gateway.app.gateway.hub.sessions()
  while (session?.isFull !== true) await new Promise((resolve) => setImmediate(resolve))
  second.send(JSON.stringify({ type: 'received', cursor: received.at(-1)?.cursor }))
  second.publish(1, { data: 'behind it' })
  while (session.uplink.lastId < 1 && !session.closing) await new Promise((resolve) => setImmediate(resolve))
  t.notOk(session.downlink.following.isLive, 'it is still on the way')
  second.socket.resume()
  t.equal((await second.ignore(({ type }) => type === 'ack' || type === 'message').nextOf('live')).type, 'live')
  await second.close()
})
