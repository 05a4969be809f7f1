import t from 'tap'
import { turn, World, type FakeSocket } from './given.ts'

const refreshes = ({ sent }: FakeSocket): unknown[] => sent.filter(({ type }) => type === 'refresh').map(({ token }) => token)

/** A client with a token for each time that it asks. */
async function living (welcome: object, getToken?: (n: number) => string | Promise<string>) {
  const world = new World()
  let n = 0
  const next = getToken ?? ((n) => `t${n}`)
  const { client, states } = await world.live({ getToken: () => next(n++) }, { heartbeatMs: 4e9, ...welcome })
  return { world, client, states, asked: () => n }
}

await t.test('a new token is sent before the old one expires, and once it is taken the next one before that', async (t) => {
  const { world, states } = await living({ expiresInMs: 100_000 })
  await world.advance(89_000)
  t.strictSame(refreshes(world.socket), [])
  await world.advance(1_000)
  t.strictSame(refreshes(world.socket), ['t1'])
  world.socket.say({ type: 'refreshed', expiresInMs: 200_000 })
  await world.advance(179_000)
  t.equal(refreshes(world.socket).length, 1)
  await world.advance(1_000)
  t.strictSame(refreshes(world.socket), ['t1', 't2'])
  t.equal(world.sockets.length, 1)
  t.notOk(states.some(({ name }) => name === 'connecting'))
})

await t.test('as long as none is taken another is tried, ever closer to the end, and not for ever', async (t) => {
  const fails = (n: number): string => {
    if (n === 2) throw new Error('no network')
    return `t${n}`
  }
  const { world } = await living({ expiresInMs: 100_000 }, fails)
  world.luck = 0
  for (let ms = 0; ms < 100_000; ms += 10_000) {
    world.socket.say({ type: 'denied', code: 'unavailable', message: '' })
    await world.advance(10_000)
  }
  t.ok(refreshes(world.socket).length > 1 && refreshes(world.socket).length < 6, JSON.stringify(refreshes(world.socket)))
  t.notOk(refreshes(world.socket).includes('t2'))
  world.socket.end(4006, 'expired: ')
  await world.advance(1_000)
  t.equal(world.sockets.length, 2, 'it comes back with a new one')
})

await t.test('who has no tokens to give, or credentials that do not expire, sends none; a lost socket gets none', async (t) => {
  const world = new World()
  await world.live({}, { expiresInMs: 10_000 })
  await world.advance(20_000)
  t.strictSame(refreshes(world.socket), [])
  const forever = await living({})
  await forever.world.advance(29_000)
  t.equal(forever.asked(), 1)
  const lost = await living({ expiresInMs: 20_000 })
  lost.world.socket.end()
  const [first] = lost.world.sockets
  await lost.world.advance(1_000)
  lost.world.socket.welcome()
  await lost.world.advance(25_000)
  t.strictSame([refreshes(first as FakeSocket), refreshes(lost.world.socket)], [[], []])
})

await t.test('a life of months is no reason to ask all the time', async (t) => {
  const { world, asked } = await living({ expiresInMs: 1e11 })
  await world.advance(1.9e9)
  t.equal(asked(), 1)
  await world.advance(1e8)
  t.equal(asked(), 2)
})

await t.test('a lost connection whose first token is no longer good is no reason to stay away', async (t) => {
  const { world, client } = await living({})
  world.answer = async () => ({ status: 401, json: async () => ({ code: 'bad-credentials', message: 'It has expired.' }) })
  await world.advance(1)
  world.socket.end()
  await turn()
  t.equal(client.state.name, 'connecting')
  await world.advance(1_000)
  t.strictSame(world.socket.protocols, ['sluice.v1', 'bearer.t1'])
})
