import t from 'tap'
import { WebSocket } from 'ws'
import type { Message } from '../../src/client/inbox.ts'
import { PublishError } from '../../src/client/publish-error.ts'
import { MemoryStore, statesOf, turn, World } from './given.ts'

const ack = (id: number, offset = 70): object => ({ type: 'ack', id, partition: 2, offset })
const refused = (id: number, code: string, temporary: boolean): object => ({ type: 'refused', id, code, message: `${code}.`, temporary, outcome: 'not-stored' })

await t.test('a publish resolves on its ack, with the offset where the ack is its own', async (t) => {
  const world = new World()
  const { client } = await world.live()
  const both = Promise.all([client.publish({ c: 1 }), client.publish(Uint8Array.of(0, 255), { event: 'bytes' })])
  await turn()
  t.same(world.socket.sent, [
    { type: 'publish', id: 1, data: { c: 1 } },
    { type: 'publish', id: 2, event: 'bytes', base64: 'AP8=' }
  ])
  t.equal(client.pending, 2)
  world.socket.say(ack(2))
  t.same(await both, [{ id: 1, partition: 2 }, { id: 2, partition: 2, offset: 70 }])
  const repeated = client.publish(null)
  await turn()
  world.socket.say(ack(3, -1))
  t.same(await repeated, { id: 3, partition: 2 }, 'of a repeat Kafka may not know the offset')
})

await t.test('a definite refusal rejects, a temporary one is sent again after a pause', async (t) => {
  const world = new World()
  const { client } = await world.live()
  const all = [client.publish(1), client.publish(2), client.publish(3)] as const
  await turn()
  world.socket.say(refused(1, 'record-too-large', false))
  world.socket.say(refused(2, 'kafka-away', true))
  world.socket.say(refused(77, 'kafka-away', true))
  await t.rejects(all[0], { name: 'PublishError', code: 'record-too-large', message: 'record-too-large.', temporary: false, outcome: 'not-stored' })
  await world.advance(10_000)
  t.equal(world.socket.sent.length, 3, 'not before the refusal of the one behind it has come')
  world.socket.say(refused(3, 'earlier-refused', true))
  t.same(world.socket.sent.slice(3).map(({ id }) => id), [2, 3])
  world.socket.say(refused(2, 'kafka-away', true))
  world.socket.say(refused(3, 'earlier-refused', true))
  await world.advance(1_999)
  t.equal(world.socket.sent.length, 5, 'the second pause may be longer')
  await world.advance(1)
  t.same(world.socket.sent.slice(5).map(({ id }) => id), [2, 3])
  world.socket.say(ack(3))
  t.match(await Promise.all(all.slice(1)), [{ id: 2 }, { id: 3, offset: 70 }])
})

await t.test('an ack does not settle what was refused for now before it', async (t) => {
  const world = new World()
  const { client } = await world.live()
  const all = [client.publish(1), client.publish(2)] as const
  await turn()
  world.socket.say(refused(1, 'kafka-away', true))
  world.socket.say(ack(2))
  t.match(await all[1], { id: 2, offset: 70 })
  t.equal(client.pending, 1)
  await world.advance(1_000)
  t.same(world.socket.sent.slice(2).map(({ id }) => id), [1])
  world.socket.say(ack(1))
  t.match(await all[0], { id: 1 })
})

await t.test('no more goes out than the server allows, and nothing that it cannot take', async (t) => {
  const world = new World()
  const { client } = await world.live()
  const publish = (data: unknown): Promise<unknown> => client.publish(data)
  const all = [publish(1), publish(2), publish(3), publish(4), publish('x'.repeat(1_000)), publish(6)] as const
  all[4].catch(() => {})
  await turn()
  t.same(world.socket.sent.map(({ id }) => id), [1, 2, 3], 'one less than its bound, at which it stops reading')
  world.socket.say(ack(2))
  await t.rejects(all[4], { code: 'frame-too-large' })
  t.same(world.socket.sent.map(({ id }) => id), [1, 2, 3, 4, 6])
  await t.rejects(client.publish(undefined), TypeError)
  await t.rejects(client.publish(JSON.parse('['.repeat(64) + ']'.repeat(64))), /nested/)
  await t.rejects(client.publish(1n), TypeError)
})

await t.test('what the server cannot take leaves those behind it in their order, and none of them is acked that has not gone out', async (t) => {
  const world = new World()
  const client = world.connect()
  const tooLarge = 'x'.repeat(1_000)
  const all = [tooLarge, 2, 3, 4, 5, 6, tooLarge, tooLarge, 9].map((data) => client.publish(data))
  for (const one of all) one.catch(() => {})
  await turn()
  world.socket.welcome()
  t.same(world.socket.sent.map(({ id }) => id), [2, 3, 4], 'the window of three is full, too')
  world.socket.say(ack(2))
  t.match(await all[1], { id: 2 })
  t.equal(client.pending, 7)
  world.socket.say(ack(4))
  t.same(world.socket.sent.map(({ id }) => id), [2, 3, 4, 5, 6, 9])
  for (const n of [0, 6, 7]) await t.rejects(all[n] as Promise<unknown>, { code: 'frame-too-large', outcome: 'not-stored' })
  world.socket.say(ack(9))
  t.match(await Promise.all([all[4], all[8]]), [{ id: 5 }, { id: 9 }])
  t.equal(client.pending, 0)
})

await t.test('what has gone out and is too large for the next server may be stored all the same', async (t) => {
  const world = new World()
  const { client } = await world.live()
  const all = ['x'.repeat(500), 2].map((data) => client.publish(data))
  for (const one of all) one.catch(() => {})
  await turn()
  t.same(world.socket.sent.map(({ id }) => id), [1, 2])
  world.socket.end()
  const late = client.publish('y'.repeat(500))
  late.catch(() => {})
  await world.advance(1_000)
  world.socket.welcome({ limits: { maxFrameBytes: 100, inFlight: 4, outboxBytes: 1_000 } })
  await t.rejects(all[0] as Promise<unknown>, { code: 'frame-too-large', temporary: false, outcome: 'unknown' })
  await t.rejects(late, { code: 'frame-too-large', outcome: 'not-stored' })
  t.same(world.socket.sent.map(({ id }) => id), [2])
  world.socket.say(ack(2))
  t.match(await all[1], { id: 2 })
})

await t.test('over the bound of bytes a publish rejects, and ready waits for room', async (t) => {
  const world = new World()
  const { client } = await world.live({ maxBufferedBytes: 100 })
  await client.ready()
  const all = [client.publish('x'.repeat(80)), client.publish(2)] as const
  await t.rejects(all[1], { code: 'buffer-full', temporary: true, outcome: 'not-stored' })
  let isReady = false
  const ready = client.ready().then(() => { isReady = true })
  await turn()
  t.equal(isReady, false)
  world.socket.say(ack(1))
  await ready
  await all[0]
  const last = client.publish('x'.repeat(80))
  const never = client.ready()
  last.catch(() => {})
  await turn()
  await client.close()
  await t.rejects(never, { code: 'closed', message: 'This program closed it.' })
  await t.rejects(last, { code: 'closed', outcome: 'unknown' })
  await t.rejects(client.publish(1), { code: 'closed' })
  await t.rejects(client.ready(), { code: 'closed' })
})

await t.test('a signal takes back what has not gone out, and stops the waiting for what has', async (t) => {
  const world = new World()
  const { client } = await world.live({}, { limits: { maxFrameBytes: 1_000, inFlight: 1, outboxBytes: 1 } })
  const aborter = new AbortController()
  const all = [1, 2].map((data) => client.publish(data, { signal: aborter.signal }))
  const third = client.publish(3)
  await turn()
  aborter.abort(new Error('enough'))
  for (const one of all) await t.rejects(one, /enough/)
  await t.rejects(client.publish(4, { signal: aborter.signal }), /enough/)
  t.equal(client.pending, 2)
  world.socket.say(ack(1))
  world.socket.say(ack(3))
  t.match(await third, { id: 3 })
  t.same(world.socket.sent.map(({ id }) => id), [1, 3])
})

await t.test('it comes back with jitter, by the server\'s hint, and says why', async (t) => {
  const world = new World()
  const { client, states } = await world.live({ minRetryMs: 1_000, maxRetryMs: 5_000 })
  const pending = client.publish(1)
  await turn()
  for (const waitMs of [1_000, 2_000, 4_000, 5_000]) {
    world.socket.end()
    await turn()
    t.match(client.state, { name: 'connecting', why: 'The connection was lost.', retryAt: world.now() + waitMs })
    await world.advance(waitMs - 1)
    t.equal(world.open.length, 0)
    await world.advance(1)
    t.equal(world.open.length, 1)
  }
  world.socket.welcome()
  t.match(world.socket.sent, [{ type: 'publish', id: 1 }], 'un-acked publishes go out again')
  t.equal(world.socket.url.searchParams.get('session'), client.session)
  await world.advance(10_001)
  world.socket.say({ type: 'bye', code: 4000, reason: 'draining', retryMs: 123 })
  world.socket.end(4000, 'draining: going away')
  t.match(client.state, { why: 'draining: going away', retryAt: world.now() + 123 })
  await world.advance(123)
  world.socket.end(1001)
  t.match(client.state, { why: 'The connection was closed with code 1001.', retryAt: world.now() + 1_000 }, 'a long connection starts the counting anew')
  client.reconnect()
  await turn()
  world.socket.welcome({ resuming: true })
  world.socket.say({ type: 'stalled', message: 'Kafka is away.' })
  world.socket.say({ type: 'live' })
  world.socket.say({ type: 'of a later server' })
  world.socket.say(ack(1))
  await pending
  t.same(states.map(({ name }) => name).slice(-4), ['connecting', 'resuming', 'stalled', 'live'])
})

await t.test('it does not come back where that is of no use', async (t) => {
  for (const [code, reason] of [[4503, 'bad-id: It has no id.'], [4999, 'x'], [1009, 'too large']] as const) {
    const world = new World()
    const { client } = await world.live()
    world.socket.end(code, reason)
    t.same(client.state, { name: 'closed', why: reason, code })
    await world.advance(100_000)
    t.equal(world.sockets.length, 1)
  }
})

await t.test('what a plain GET says decides whether it comes back', async (t) => {
  const cases: Array<[status: number, body: unknown, why: string, name: string]> = [
    [400, { code: 'bad-cursor', message: 'No such cursor.' }, 'No such cursor.', 'closed'],
    [401, { code: 'unauthenticated', message: 'Who are you?' }, 'Who are you?', 'closed'],
    [404, { code: 'not-found', message: 'Nothing here.' }, 'Nothing here.', 'closed'],
    [404, undefined, 'The server answered 404.', 'connecting'], // a proxy that knows no gateway at present
    [403, null, 'The server answered 403.', 'connecting'],
    [429, { code: 'too-many-sockets', message: 'Too many.' }, 'Too many.', 'connecting'],
    [503, { code: 'not-ready', message: 'Not ready.' }, 'Not ready.', 'connecting'],
    [426, {}, 'The connection was lost.', 'connecting']
  ]
  for (const [status, body, why, name] of cases) {
    const world = new World()
    let asked = ''
    world.answer = async (url, headers) => {
      asked = `${url.href} ${JSON.stringify(headers)}`
      return { status, json: async () => body === undefined ? await Promise.reject(new SyntaxError('no JSON')) : body }
    }
    const client = world.connect({ since: '-10m', getToken: async () => 'abc' }, 'wss://gateway/ws/d')
    await turn()
    t.same(world.socket.protocols, ['sluice.v1', 'bearer.abc'])
    world.socket.end()
    await turn()
    t.match(client.state, { name, why })
    t.equal(asked, 'https://gateway/ws/d?since=-10m {"authorization":"Bearer abc"}')
    await client.close()
  }
  const world = new World()
  world.answer = async () => await Promise.reject(new Error('fetch failed'))
  const client = world.connect()
  await turn()
  t.same(world.socket.protocols, ['sluice.v1'])
  world.socket.end()
  await turn()
  t.match(client.state, { name: 'connecting', why: 'The gateway does not answer.' })
})

await t.test('a token that expired with its connection is a reason to take a new one, once', async (t) => {
  const world = new World()
  world.answer = async () => ({ status: 401, json: async () => ({ code: 'bad-credentials', message: 'Your token has expired.' }) })
  let tokens = 0
  const { client } = await world.live({ getToken: () => `token-${++tokens}` })
  await world.advance(1)
  world.socket.end()
  await turn()
  t.match(client.state, { name: 'connecting', why: 'The connection was lost.' }, 'nobody is asked with the old one')
  await world.advance(1_000)
  t.same(world.socket.protocols, ['sluice.v1', 'bearer.token-2'])
  world.socket.end()
  await turn()
  t.match(client.state, { name: 'closed', why: 'Your token has expired.' })
})

await t.test('an age counts back from the first attempt to connect, until there is a cursor', async (t) => {
  const world = new World()
  await world.advance(5_000)
  const client = world.connect({ since: '-10m' })
  await turn()
  const since = (): string | null => world.socket.url.searchParams.get('since')
  t.equal(since(), '-10m')
  world.socket.end(4000)
  await world.advance(1_000)
  t.equal(since(), '-601s')
  world.socket.welcome({ resuming: true })
  await world.advance(30_000)
  world.socket.end(4000)
  await world.advance(1_000)
  t.equal(since(), '-632s', 'what came while it was away is not passed over')
  world.socket.welcome({ resuming: true })
  world.socket.say({ type: 'live', cursor: 'c1' })
  world.socket.end(4000)
  await world.advance(2_000)
  t.equal(since(), 'c1')
  await client.close()
})

await t.test('no token is a reason to wait', async (t) => {
  const world = new World()
  let tries = 0
  const client = world.connect({ getToken: () => { if (++tries === 1) throw new Error('logged out'); else return 'x' } })
  await turn()
  t.match(client.state, { name: 'connecting', why: 'There is no token: logged out' })
  await world.advance(1_000)
  t.equal(world.open.length, 1)
})

await t.test('what no socket can be made of ends it with the reason', async (t) => {
  for (const [url, token, why] of [['ws://127.0.0.1:1/ws/d', 'a b', /subprotocol/], ['ftp://127.0.0.1:1/ws/d', 'x', /protocol/]] as const) {
    const client = new World().connect({ WebSocket, getToken: () => token }, url)
    const published = client.publish(1)
    await t.rejects(published, { code: 'closed' })
    t.match(client.state, { name: 'closed', why })
  }
})

await t.test('a socket that says nothing, or nonsense, is given up', async (t) => {
  const world = new World()
  const { client } = await world.live()
  await world.advance(60_000)
  t.same(world.socket.sent, [{ type: 'unwatch', device: client.session }], 'after a silent heartbeat it asks')
  world.socket.say({ type: 'watching', devices: [] })
  await world.advance(60_000)
  t.equal(world.socket.sent.length, 2)
  await world.advance(30_000)
  t.match(client.state, { name: 'connecting', why: 'Nothing was heard for two heartbeats.' })
  t.equal(world.open.length, 0)
  await world.advance(1_000)
  await world.advance(15_000)
  t.match(client.state, { why: 'No welcome came.' })
  await world.advance(2_000)
  world.socket.say('<html>')
  t.match(client.state, { why: 'The server sent what is not JSON.' })
  world.sockets.at(-1)?.say({ type: 'welcome' })
  t.equal(client.state.name, 'connecting', 'what comes behind its end does not count')
})

await t.test('watched devices are asked for on every connection, and live waits for the answer', async (t) => {
  const world = new World()
  const client = world.connect()
  client.watch('*')
  client.watch('a')
  await turn()
  world.socket.welcome()
  t.same(world.socket.sent, [{ type: 'watch', device: '*' }, { type: 'watch', device: 'a' }])
  t.equal(client.state.name, 'resuming')
  world.socket.say({ type: 'watching', devices: ['*', 'a'] })
  t.equal(client.state.name, 'live')
  client.unwatch('a')
  t.same(world.socket.sent.at(-1), { type: 'unwatch', device: 'a' })
  const messages: Message[] = []
  client.on('message', (message) => messages.push(message))
  world.socket.say({ type: 'message', device: 'b', data: 1, time: 5 })
  t.match(messages, [{ device: 'b', data: 1, time: 5 }])
  world.socket.end(4000)
  await world.advance(1_000)
  world.socket.welcome()
  t.same(world.socket.sent, [{ type: 'watch', device: '*' }])
})

await t.test('it ends by a signal, and by the end of its scope; later signals and networks change nothing', async (t) => {
  const world = new World()
  const aborter = new AbortController()
  const { client, states } = await world.live({ signal: aborter.signal })
  aborter.abort()
  t.match(states.at(-1), { name: 'closed', why: 'This program closed it.' })
  t.equal(world.open.length, 0)
  await client[Symbol.asyncDispose]()
  const early = world.connect({ signal: aborter.signal })
  await world.advance(100_000)
  t.equal(early.state.name, 'closed')
  t.equal(world.sockets.length, 1)
  const asking = world.connect()
  await turn()
  world.answer = async () => await new Promise((resolve) => setImmediate(() => resolve({ status: 401, json: async () => ({}) })))
  world.socket.end()
  await asking.close()
  await turn()
  t.match(asking.state, { why: 'This program closed it.' })
  const tokens = world.connect({ getToken: async () => { await turn(); return 'late' } })
  await tokens.close()
  await turn()
  await turn()
  t.equal(world.sockets.length, 2)
})

await t.test('a close while the token is still asked for opens no socket', async (t) => {
  const world = new World()
  let give = (_token: string): void => {}
  const client = world.connect({ getToken: () => new Promise((resolve) => { give = resolve }) })
  await turn()
  await client.close()
  give('late')
  await turn()
  t.equal(world.sockets.length, 0)
})

await t.test('a page gives an address that begins where the page is', async (t) => {
  const world = new World()
  Object.defineProperty(globalThis, 'document', { value: { baseURI: 'https://gateway/app/' }, configurable: true })
  t.teardown(() => { Reflect.deleteProperty(globalThis, 'document') })
  const client = world.connect({}, '/ws/d')
  await turn()
  t.match(world.socket.url.href, /^wss:\/\/gateway\/ws\/d\?session=/)
  await client.close()
})

await t.test('it says what it cannot do', async (t) => {
  const world = new World()
  t.throws(() => world.connect({ since: 'earliest', resume: 'main' }), /exclude each other/)
  t.throws(() => world.connect({ session: 'a b' }), /A session has/)
  const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  Reflect.deleteProperty(globalThis, 'WebSocket')
  t.throws(() => world.connect({ WebSocket: undefined as never }), /There is no WebSocket here/)
  if (own !== undefined) Object.defineProperty(globalThis, 'WebSocket', own)
})

await t.test('a session of a given name begins at ids that none of its earlier lives can have reached', async (t) => {
  const world = new World()
  const { client } = await world.live({ session: 'given' })
  client.publish(1).catch(() => {})
  await turn()
  t.equal(world.socket.sent[0]?.id, world.now() * 1000 + 1)
  t.ok(Number.isSafeInteger(world.socket.sent[0]?.id))
  await client.close()
})

await t.test('on a store the next life goes on where the last one ended', async (t) => {
  const world = new World()
  const store = new MemoryStore()
  const first = await world.live({ store, since: 'earliest' })
  t.equal(world.socket.url.searchParams.get('since'), 'earliest')
  first.client.on('message', () => {})
  world.socket.say({ type: 'message', data: 1, time: 1, cursor: 'c1' })
  const stored = first.client.publish('a')
  first.client.publish('b').catch(() => {})
  await turn()
  world.socket.say(ack(1))
  await stored
  await turn()
  await first.client.close()
  t.equal(store.opened, 0)
  t.same(store.kept, { session: first.client.session, lastId: 2, cursor: 'c1', frames: [[2, '{"type":"publish","id":2,"data":"b"}']] })
  const second = await world.live({ store, since: 'earliest' })
  t.equal(second.client.session, first.client.session)
  t.equal(second.client.pending, 1)
  t.equal(world.socket.url.searchParams.get('since'), 'c1')
  const third = second.client.publish('c')
  await turn()
  t.same(world.socket.sent.map(({ id, data }) => [id, data]), [[2, 'b'], [3, 'c']])
  world.socket.say(refused(2, 'kafka-refused', false))
  world.socket.say(ack(3))
  t.match(await third, { id: 3 })
  await turn()
  t.same(store.kept?.frames, [])
  await second.client.close()
})

await t.test('a store that fails ends the client with its reason', async (t) => {
  const world = new World()
  const opening = world.connect({ store: Object.assign(new MemoryStore(), { open: async () => await Promise.reject(new Error('held by another')) }) })
  await turn()
  t.match(opening.state, { name: 'closed', why: 'The store cannot be opened: held by another' })
  const writing = world.connect({ store: Object.assign(new MemoryStore(), { write: async () => await Promise.reject(new Error('disk full')) }) })
  await turn()
  t.match(writing.state, { name: 'closed', why: 'The store failed: disk full' })
  const closed = world.connect({ store: new MemoryStore() })
  await closed.close()
  await turn()
  t.equal(world.open.length, 0)
})

await t.test('a listener that throws disturbs nobody', async (t) => {
  const world = new World()
  const { client } = await world.live()
  const heard: unknown[] = []
  client.on('gap', () => { throw new Error('of a listener') })
  client.on('gap', (gap) => heard.push(gap.reason))
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
  world.socket.say({ type: 'gap', reason: 'retention', message: 'Gone.' })
  t.match(await uncaught, { message: 'of a listener' })
  t.same(heard, ['retention'])
})

await t.test('when the network is back, nobody waits', async (t) => {
  const target = globalThis as unknown as EventTarget
  const events = new EventTarget()
  for (const name of ['addEventListener', 'removeEventListener'] as const) {
    Object.defineProperty(target, name, { value: events[name].bind(events), configurable: true })
  }
  const world = new World()
  const { client } = await world.live()
  const states = statesOf(client)
  world.socket.end(1001)
  events.dispatchEvent(new Event('online'))
  await turn()
  world.socket.welcome()
  t.same(states.map(({ name }) => name), ['connecting', 'connecting', 'live'])
  await client.close()
  for (const name of ['addEventListener', 'removeEventListener']) Reflect.deleteProperty(target, name)
})

await t.test('its errors are told apart by their class', async (t) => {
  t.ok(new PublishError('closed', 'x', false, 'unknown') instanceof Error)
})
