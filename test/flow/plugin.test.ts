import Fastify, { type FastifyBaseLogger } from 'fastify'
import t from 'tap'
import { LogError, Problem, sluice } from '../../src/index.ts'
import { openDevice, ProtocolDevice } from './device.ts'
import { Lines } from './lines.ts'

await t.test('in somebody else\'s Fastify it serves its own addresses, and leaves the rest', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRequest', async ({ headers }) => { if (headers['x-fail'] !== undefined) throw new Error('a secret of the host') })
  await app.register(sluice, { embedded: { port: 0 } })
  app.get('/mine', () => 'mine')
  await app.ready()

  const device = await openDevice(new ProtocolDevice(await app.injectWS('/ws/plugged', { headers: { host: 'localhost', 'sec-websocket-protocol': 'sluice.v1' } })))
  device.publish(1, { data: 1 })
  while ((await device.next()).type !== 'ack');
  t.equal((await app.inject('/mine')).body, 'mine')
  t.equal((await app.inject('/readyz')).statusCode, 200)
  const failed = await app.inject({ url: '/readyz', headers: { 'x-fail': '1' } })
  t.equal(failed.statusCode, 500)
  t.match(failed.json(), { code: 'internal', message: String })
  t.notMatch(failed.body, /secret/)
})

await t.test('that anybody may come is told there, too', async (t) => {
  const lines = new Lines()
  const app = Fastify({ loggerInstance: lines.logger as unknown as FastifyBaseLogger })
  t.teardown(() => app.close())
  await app.register(sluice, { embedded: { port: 0 }, auth: { anonymous: 'always' } })
  await lines.says(/anybody who reaches this server may be any device/)
})

await t.test('with the team\'s own authentication hook', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sluice, {
    embedded: { port: 0 },
    authenticate: async ({ token, device, headers }) => {
      if (headers?.cookie === 'banned') throw new Problem('bad-credentials', 'You have been banned.')
      if (token === 'oops') throw new Error('a secret of the host')
      return token === undefined ? undefined : { subject: token, device: device ?? 'mine' }
    }
  })
  await app.ready()
  const headers = { host: 'localhost', authorization: 'Bearer abc', 'sec-websocket-protocol': 'sluice.v1' }
  const device = await openDevice(new ProtocolDevice(await app.injectWS('/ws', { headers })))
  t.match(await device.next(), { type: 'welcome', device: 'mine' })
  const ask = async (headers: Record<string, string>): Promise<[number, { code: string, message: string }]> => {
    const answer = await app.inject({ url: '/ws/d1', headers: { host: 'localhost', ...headers } })
    return [answer.statusCode, answer.json()]
  }
  t.match(await ask({}), [401, { code: 'unauthenticated' }], 'where there is a login, loopback is none')
  t.match(await ask({ cookie: 'banned', authorization: 'Bearer abc' }), [401, { code: 'bad-credentials', message: 'You have been banned.' }])
  const [status, problem] = await ask({ authorization: 'Bearer oops' })
  t.match([status, problem.code], [500, 'internal'])
  t.notMatch(problem.message, /secret/)
})

for (const pluginTimeout of [0, 3_000]) {
  await t.test(`a Kafka that is not there is told by our own error, with a pluginTimeout of ${pluginTimeout}`, async (t) => {
    const app = Fastify({ pluginTimeout })
    t.teardown(() => app.close())
    await app.register(sluice, { kafka: { brokers: ['127.0.0.1:1'], ...(pluginTimeout === 0 ? { connectTimeoutMs: 500 } : {}) } })
    await t.rejects(Promise.resolve(app.ready()), LogError)
  })
}
