import Fastify from 'fastify'
import t from 'tap'
import { LogError, sluice } from '../../src/index.ts'
import { openDevice, ProtocolDevice } from './device.ts'

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

for (const pluginTimeout of [0, 3_000]) {
  await t.test(`a Kafka that is not there is told by our own error, with a pluginTimeout of ${pluginTimeout}`, async (t) => {
    const app = Fastify({ pluginTimeout })
    t.teardown(() => app.close())
    await app.register(sluice, { kafka: { brokers: ['127.0.0.1:1'], ...(pluginTimeout === 0 ? { connectTimeoutMs: 500 } : {}) } })
    await t.rejects(Promise.resolve(app.ready()), LogError)
  })
}
