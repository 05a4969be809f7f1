import { join } from 'node:path'
import t from 'tap'
import * as ws from 'ws'
import { createApp } from '../../src/app.ts'
import { connect, type Client } from '../../src/client/client.ts'
import { defaults } from '../../src/config/index.ts'
import type { SocketClass } from '../../src/client/connection.ts'
import type { Options } from '../../src/client/options.ts'
import { fileStore } from '../../src/client/stores/file.ts'
import { testBroker, type TestBroker } from '../kafka/broker.ts'
import { kept } from '../logs/keep.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { readDevice, write } from './kafka.ts'

/** Node's own where it has one. */
const { WebSocket = ws.WebSocket } = globalThis as { WebSocket?: SocketClass }

interface Scene { t: { teardown: (fn: () => Promise<void>) => void, testdir: () => string }, broker: TestBroker, gateway: TestGateway }

/** A client whose name is the device's, and which is live. */
async function client ({ t, gateway }: Scene, device: string, options: Options = {}): Promise<Client> {
  const client = connect(`ws://${gateway.host}/ws/${device}`, { WebSocket, minRetryMs: 20, maxRetryMs: 100, ...options })
  t.teardown(() => client.close())
  await when(client, 'live')
  return client
}

async function when (client: Client, name: 'live' | 'connecting' | 'closed'): Promise<void> {
  if (client.state.name !== name) await new Promise<void>((resolve) => client.on(name, () => resolve()))
}

/** The next messages' data. */
async function take (client: Client, count: number): Promise<unknown[]> {
  const taken: unknown[] = []
  for await (const { data } of client) if (taken.push(data) === count) break
  return taken
}

async function send ({ broker, gateway }: Scene, device: string, ...values: number[]): Promise<void> {
  await write(broker.brokers, gateway.downlink, values.map((value) => ({ key: device, value: String(value) })))
}

/** The server ends the socket of the only device that is there; it has come back when this resolves. */
async function cut ({ gateway }: Scene, client: Client, meanwhile: () => Promise<void>): Promise<void> {
  const [session] = gateway.app.gateway.hub.sessions()
  const gone = when(client, 'connecting')
  session?.terminate()
  await gone
  await meanwhile()
  await when(client, 'live')
}

async function scene (t: Scene['t']): Promise<Scene> {
  const broker = await testBroker(t)
  return { t, broker, gateway: await startGateway(t, broker) }
}

await t.test('publishes are acked with their place, and messages come', async (t) => {
  const all = await scene(t)
  const one = await client(all, 'one')
  const { partition, offset } = await one.publish({ c: 1 }, { event: 'telemetry' })
  const bytes = await one.publish(Uint8Array.of(0, 255))
  t.match(await readDevice(all.broker.brokers, all.gateway.uplink, 'one'), [
    { partition, offset, headers: { 'sluice-id': `${one.session}:1`, event: 'telemetry' } },
    { partition, offset: bytes.offset, value: Buffer.of(0, 255) }
  ])
  await send(all, 'one', 1, 2)
  t.same(await take(one, 2), [1, 2])
})

await t.test('what was sent while the connection was lost comes when it is back, once and in order (G4)', async (t) => {
  const all = await scene(t)
  const lost = await client(all, 'lost')
  const heard: unknown[] = []
  lost.on('message', ({ data }) => heard.push(data))
  const gaps: unknown[] = []
  lost.on('gap', (gap) => gaps.push(gap))
  await send(all, 'lost', 1, 2)
  for (let n = 3; n < 12; n += 3) {
    await cut(all, lost, () => send(all, 'lost', n, n + 1))
    await send(all, 'lost', n + 2)
  }
  while (heard.length < 11) await new Promise((resolve) => setImmediate(resolve))
  t.same(heard, Array.from({ length: 11 }, (_, n) => n + 1))
  t.same(gaps, [])
})

await t.test('since says where the first connection begins', async (t) => {
  const all = await scene(t)
  await send(all, 'early', 1, 2, 3)
  t.same(await take(await client(all, 'early', { since: 'earliest' }), 3), [1, 2, 3])
  const wrong = connect(`ws://${all.gateway.host}/ws/early`, { WebSocket, since: 'yesterday' })
  await when(wrong, 'closed')
  t.match(wrong.state, { name: 'closed', why: /since is a cursor that this server gave/ })
})

await t.test('on a store the next life of a program goes on behind what the last one handled', async (t) => {
  const all = await scene(t)
  const store = (): Options => ({ store: fileStore(join(dir, 'client')) })
  const dir = t.testdir()
  const first = await client(all, 'stored', store())
  await send(all, 'stored', 1, 2, 3, 4)
  t.same(await take(first, 3), [1, 2, 3], 'the third was taken, and nothing says that it was handled')
  await first.publish('a')
  await first.close()
  await send(all, 'stored', 5)
  const second = await client(all, 'stored', store())
  t.same(await take(second, 3), [3, 4, 5])
  await second.publish('b')
  const ids = (await readDevice(all.broker.brokers, all.gateway.uplink, 'stored')).map(({ headers }) => headers['sluice-id'])
  t.same(ids, [`${first.session}:1`, `${first.session}:2`])
})

await t.test('under a name the server keeps the position: over reconnects, and for the next program (G4)', async (t) => {
  const all = await scene(t)
  const first = await client(all, 'named', { resume: 'main' })
  await send(all, 'named', 1, 2, 3, 4)
  const iterator = first[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => (await iterator.next()).value?.data
  t.same([await next(), await next()], [1, 2])
  await cut(all, first, () => send(all, 'named', 5))
  t.same([await next(), await next()], [3, 4], 'what was in hand is not handed out again')
  await first.close()

  const second = await client(all, 'named', { resume: 'main' })
  t.same(await take(second, 2), [4, 5], 'the fourth was taken, and nothing says that it was handled')
  const third = await client(all, 'named', { resume: 'main' })
  await when(second, 'closed')
  t.match(second.state, { name: 'closed', code: 4505, why: /^name-taken: / })
  await third.close()
})

await t.test('a program that takes its messages slowly gets them all, and publishes meanwhile (G6)', async (t) => {
  const all = await scene(t)
  const slow = await client(all, 'slow', { maxBufferedBytes: 2_000 })
  const count = 300
  await send(all, 'slow', ...Array.from({ length: count }, (_, n) => n))
  await slow.publish('while they wait')
  t.same(await take(slow, count), Array.from({ length: count }, (_, n) => n))
})

await t.test('a gateway that goes away says when to come back, and the next one serves', async (t) => {
  const all = await scene(t)
  const moved = await client(all, 'moved')
  const states: string[] = []
  moved.on('state', ({ name, ...rest }) => states.push(`${name} ${(rest as { why?: string }).why ?? ''}`))
  const { port } = new URL(all.gateway.origin)
  await all.gateway.app.close()
  t.match(states[0], /^connecting draining: This instance is going away/)
  const { uplink, downlink } = all.gateway
  const next = await createApp({ settings: defaults({ simulate: 0, topics: { uplink, downlink }, kafka: { brokers: all.broker.brokers.split(','), createTopics: true, partitions: 4 } }), ...kept })
  t.teardown(() => next.close())
  await next.http.listen({ host: '127.0.0.1', port: Number(port) })
  await next.start()
  moved.reconnect()
  t.match(await moved.publish('again'), { id: 1 })
})
