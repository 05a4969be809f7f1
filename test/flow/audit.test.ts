import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { readAll } from './kafka.ts'

const broker = await testBroker(t)

await t.test('who came, who went and who was refused stands in the topic of the audit log', async (t) => {
  const topic = await broker.createTopic('audit')
  const gateway = await startGateway(t, broker, { settings: { audit: { topic } } })
  const device = await gateway.device('d1')
  t.equal((await fetch(`${gateway.origin}/v1/devices`, { headers: { origin: 'https://evil.example' } })).status, 403)
  t.equal((await fetch(`${gateway.origin}/ws/d1?since=nonsense`)).status, 400, 'a mistake is no business of an auditor')
  await device.close()
  await gateway.app.close()
  const lines = (await readAll(broker.brokers, topic)).map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>).sort((a, b) => String(a.time) < String(b.time) ? -1 : 1)
  const who = { subject: 'anonymous', by: 'nothing', roles: ['anonymous'], address: '127.0.0.1', device: 'd1', mode: 'sluice.v1', session: device.welcome?.session }
  t.match(lines.filter(({ act }) => act === 'connected'), [who])
  t.match(lines.filter(({ act }) => act === 'disconnected'), [{ ...who, code: '1005' }])
  t.match(lines.filter(({ act }) => act === 'refused'), [{ code: 'bad-origin', origin: 'https://evil.example', method: 'GET', route: '/v1/devices' }])
  t.equal(lines.length, 3)
})
