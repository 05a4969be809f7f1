import t from 'tap'
import type { Client } from '../../src/client/client.ts'
import type { Message } from '../../src/client/inbox.ts'
import { turn, World } from './given.ts'

const message = (n: number, more: object = {}): object => ({ type: 'message', data: n, time: n, cursor: `c${n}`, ...more })
const dataOf = (messages: Message[]): unknown[] => messages.map(({ data }) => data)

async function take (client: Client, count: number): Promise<Message[]> {
  const messages: Message[] = []
  const iterator = client[Symbol.asyncIterator]()
  while (messages.length < count) messages.push((await iterator.next()).value as Message)
  return messages
}

/** The connection is lost, and there is a new one. */
async function back (world: World): Promise<URLSearchParams> {
  world.luck = 0
  world.socket.end(4000)
  await world.advance(0)
  world.socket.welcome()
  return world.socket.url.searchParams
}

await t.test('messages come to listeners, or wait for who iterates', async (t) => {
  const world = new World()
  const { client } = await world.live()
  world.socket.say('{"type":"message","data":1.0,"time":1,"cursor":"c1"}')
  world.socket.say({ type: 'message', base64: 'AP8=', contentType: 'image/png', time: 2 })
  const messages = await take(client, 2)
  t.match(messages[0], { data: 1, cursor: 'c1', text: '{"type":"message","data":1.0,"time":1,"cursor":"c1"}' })
  t.match(messages[1], { bytes: Uint8Array.of(0, 255), contentType: 'image/png' })
  const next = take(client, 1)
  await turn()
  world.socket.say(message(3))
  t.same(dataOf(await next), [3])
  world.socket.say(message(4))
  const heard: Message[] = []
  const off = client.on('message', (one) => heard.push(one))
  world.socket.say(message(5))
  off()
  world.socket.say(message(6))
  t.same(dataOf(heard), [4, 5])
  t.same(dataOf(await take(client, 1)), [6])
})

await t.test('a new connection begins behind the last message that came', async (t) => {
  const world = new World()
  const { client } = await world.live({}, { cursor: 'c0' })
  t.equal((await back(world)).get('since'), 'c0')
  world.socket.say(message(1))
  t.equal((await back(world)).get('since'), 'c1', 'also if nobody has taken it')
  world.socket.say({ type: 'cursor', cursor: 'c9' })
  t.equal((await back(world)).get('since'), 'c9')
  world.socket.say({ type: 'live', cursor: 'c13' })
  t.equal((await back(world)).get('since'), 'c13')
  t.same(dataOf(await take(client, 1)), [1])
})

await t.test('under a name the server is told what is handled, in batches', async (t) => {
  const world = new World()
  const { client } = await world.live({ resume: 'main' })
  t.equal(world.socket.url.searchParams.get('resume'), 'main')
  const received = (): unknown[] => world.socket.sent.filter(({ type }) => type === 'received').map(({ cursor }) => cursor)
  for (let n = 1; n <= 4; n++) world.socket.say(message(n))
  const iterator = client[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.next()
  await world.advance(100)
  t.same(received(), ['c1'], 'the first is handled when the second is asked for')
  await iterator.next()
  await iterator.next()
  world.socket.say({ type: 'cursor', cursor: 'c7' })
  await world.advance(100)
  t.same(received(), ['c1', 'c3'], 'and where the server stands is not told before the last is')
  const end = iterator.next()
  await turn()
  await client.close()
  t.same(received(), ['c1', 'c3', 'c7'], 'a close waits for no batch')
  t.match(await end, { done: true })
})

await t.test('under a name nothing is given twice, whatever the server has heard of as handled', async (t) => {
  const world = new World()
  const { client } = await world.live({ resume: 'main', acknowledge: 'manual' })
  const heard: Message[] = []
  client.on('message', (one) => heard.push(one))
  for (let n = 1; n <= 3_000; n++) world.socket.say(message(n))
  heard[9]?.received()
  await back(world)
  world.socket.say({ type: 'cursor', cursor: 'c3000' })
  await world.advance(100)
  t.same(world.socket.sent, [{ type: 'received', cursor: 'c10' }], 'and nothing counts as handled that was given and not acknowledged')
  for (let n = 2_500; n <= 3_001; n++) world.socket.say(message(n))
  t.equal(heard.length, 3_001)
  heard.at(-2)?.received()
  await world.advance(100)
  t.same(world.socket.sent.at(-1), { type: 'received', cursor: 'c3000' })
  await client.close()
})

await t.test('under a name what was not handled comes again, but what is being handled does not', async (t) => {
  const world = new World()
  const { client } = await world.live({ resume: 'main' })
  for (let n = 1; n <= 3; n++) world.socket.say(message(n))
  world.socket.say({ type: 'message', device: 'watched', data: 'w', time: 1 })
  const iterator = client[Symbol.asyncIterator]()
  await iterator.next()
  t.match(await iterator.next(), { value: { data: 2 } })
  t.equal((await back(world)).get('since'), null)
  for (let n = 2; n <= 3; n++) world.socket.say(message(n))
  world.socket.say({ type: 'cursor', cursor: 'c5' })
  t.match([await iterator.next(), await iterator.next()], [{ value: { data: 'w' } }, { value: { data: 3 } }])
  t.same(world.socket.sent, [{ type: 'received', cursor: 'c1' }], 'what could not be told is told on the new one')
  const end = iterator.next()
  await world.advance(100)
  t.same(world.socket.sent.at(-1), { type: 'received', cursor: 'c5' })
  world.socket.say({ type: 'cursor', cursor: 'c6' })
  await world.advance(100)
  t.same(world.socket.sent.at(-1), { type: 'received', cursor: 'c6' })
  await iterator.return?.()
  await client.close()
  await end
})

await t.test('by hand, a message and all before it are handled when it says so', async (t) => {
  const world = new World()
  const { client } = await world.live({ resume: 'main', acknowledge: 'manual' })
  const heard: Message[] = []
  client.on('message', (one) => heard.push(one))
  for (let n = 1; n <= 3; n++) world.socket.say(message(n))
  await world.advance(100)
  t.same(world.socket.sent, [])
  heard[1]?.received()
  heard[0]?.received()
  await world.advance(100)
  t.same(world.socket.sent, [{ type: 'received', cursor: 'c2' }])
  await client.close()
})

await t.test('what finds no room is asked for again, and what cannot be is told', async (t) => {
  const world = new World()
  const { client } = await world.live({ maxBufferedBytes: 100 })
  const gaps: string[] = []
  client.on('gap', ({ reason }) => gaps.push(reason))
  const watched = { type: 'message', device: 'w', data: 'w', time: 0 }
  for (let n = 1; n <= 5; n++) world.socket.say(message(n))
  world.socket.say(watched)
  world.socket.say(watched)
  world.socket.say({ type: 'cursor', cursor: 'c6' })
  t.same(gaps, ['not-taken'])
  const first = await take(client, 3)
  t.same(dataOf(first), [1, 2, 3])
  await world.advance(0)
  t.equal(world.sockets.length, 2)
  t.equal(world.socket.url.searchParams.get('since'), 'c3')
  world.sockets[0]?.say(message(99))
  world.socket.welcome()
  for (let n = 4; n <= 6; n++) world.socket.say(message(n))
  t.same(dataOf(await take(client, 3)), [4, 5, 6])
})

await t.test('what finds no room is asked for at once also when the connection is lost meanwhile', async (t) => {
  const world = new World()
  const { client } = await world.live({ maxBufferedBytes: 100 })
  for (let n = 1; n <= 5; n++) world.socket.say(message(n))
  world.socket.end(4000)
  t.match(client.state, { name: 'connecting', retryAt: world.now() + 1_000 })
  const first = await take(client, 3)
  t.same(dataOf(first), [1, 2, 3])
  await turn()
  t.strictSame([world.sockets.length, world.socket.url.searchParams.get('since')], [2, 'c3'])
  await client.close()
})

await t.test('what waits is taken out, then the iteration throws why it ended', async (t) => {
  const world = new World()
  const { client } = await world.live()
  world.socket.say(message(1))
  world.socket.end(4505, 'name-taken: Another socket holds it.')
  const seen: unknown[] = []
  await t.rejects(async () => { for await (const { data } of client) seen.push(data) }, { code: 'closed', message: 'name-taken: Another socket holds it.' })
  t.same(seen, [1])
  await client.close()
  await t.rejects(client[Symbol.asyncIterator]().next(), { code: 'closed' }, 'also if it is closed again')
})
