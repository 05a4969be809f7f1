import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { keepLogged } from '../logs/keep.ts'
import { authenticate, bearer, OPERATOR, tokenOf } from './callers.ts'
import type { ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'
import { readAll } from './kafka.ts'

const broker = await testBroker(t)

/** The lines that stand in the topic. */
async function audited (topic: string): Promise<string[]> {
  const lines = (await readAll(broker.brokers, topic)).map(({ value }) => String(value))
  keepLogged(lines.join('\n'))
  return lines
}

await t.test('who came, who went and who was refused stands in the topic of the audit log', async (t) => {
  const topic = await broker.createTopic('audit')
  const gateway = await startGateway(t, broker, { settings: { audit: { topic } } })
  const device = await gateway.device('d1')
  t.equal((await fetch(`${gateway.origin}/v1/devices`, { headers: { origin: 'https://evil.example' } })).status, 403)
  t.equal((await fetch(`${gateway.origin}/ws/d1?since=nonsense`)).status, 400, 'a mistake is no business of an auditor')
  await device.close()
  await gateway.app.close()
  const lines = (await audited(topic)).map((line) => JSON.parse(line) as Record<string, unknown>).sort((a, b) => String(a.time) < String(b.time) ? -1 : 1)
  const who = { subject: 'anonymous', by: 'nothing', roles: ['anonymous'], address: '127.0.0.1', device: 'd1', mode: 'sluice.v1', session: device.welcome?.session }
  t.match(lines.filter(({ act }) => act === 'connected'), [who])
  t.match(lines.filter(({ act }) => act === 'disconnected'), [{ ...who, code: '1005' }])
  t.match(lines.filter(({ act }) => act === 'refused'), [{ code: 'bad-origin', origin: 'https://evil.example', method: 'GET', route: '/v1/devices' }])
  t.equal(lines.length, 3)
})

await t.test('so do operators\' acts, and what a socket was not allowed; and no credential and no payload', async (t) => {
  const topic = await broker.createTopic('audit-acts')
  const gateway = await startGateway(t, broker, { settings: { audit: { topic } }, authenticate })
  const device = await gateway.device('d1', { headers: bearer({ device: 'd1', roles: ['device'], groups: [], watch: [] }) })
  for (let n = 0; n < 3; n++) {
    device.send(JSON.stringify({ type: 'watch', device: 'somebody' }))
    t.match(await device.next(), { type: 'watching', denied: 'somebody' })
  }
  await device.stored(1, 'a-payload')
  const headers = { ...bearer(OPERATOR), 'content-type': 'application/json' }
  const act = async (method: string, path: string, body?: object): Promise<void> => {
    const answer = await fetch(`${gateway.origin}${path}`, { method, headers: body === undefined ? bearer(OPERATOR) : headers, ...body === undefined ? {} : { body: JSON.stringify(body) } })
    t.ok(answer.ok, `${method} ${path}: ${answer.status}`)
  }
  await act('POST', '/v1/devices/d1/messages', { event: 'open', data: 'a-payload' })
  t.equal((await fetch(`${gateway.origin}/v1/devices/d1/sockets`, { method: 'DELETE', headers: bearer({ roles: ['service'] }) })).status, 403)
  await act('DELETE', '/v1/devices/d1/sockets')
  await act('POST', '/v1/revocations', { token: 'jti-1' })
  await act('DELETE', '/v1/revocations/token/jti-1')
  await device.ended
  await gateway.app.close()
  const text = await audited(topic)
  const lines = text.map((line) => JSON.parse(line) as Record<string, unknown>)
  const who = { subject: 'olga', by: 'callback', address: '127.0.0.1' }
  for (const [name, facts] of [['kicked', { ...who, kind: 'device', id: 'd1' }], ['revoked', { ...who, kind: 'token', id: 'jti-1' }], ['lifted', { ...who, kind: 'token', id: 'jti-1' }]] as const) {
    t.match(lines.filter(({ act }) => act === name), [facts], name)
  }
  t.match(lines.filter(({ act }) => act === 'denied'), [{ device: 'd1', roles: ['device'], address: '127.0.0.1', verb: 'watch', resource: 'somebody' }], 'once, however often it asks')
  t.match(lines.filter(({ act }) => act === 'sent'), [{ ...who, device: 'd1', event: 'open', partition: Number, offset: Number }])
  t.match(lines.filter(({ act, code }) => act === 'refused' && code === 'forbidden'), [{ roles: ['service'], device: 'd1', method: 'DELETE' }])
  for (const secret of [tokenOf(OPERATOR), 'a-payload', 'Bearer']) t.notOk(text.some((line) => line.includes(secret)), secret)
})

await t.test('so does who showed new credentials on a socket, and whether they were taken', async (t) => {
  const topic = await broker.createTopic('audit-refreshes')
  const gateway = await startGateway(t, broker, { settings: { audit: { topic } }, authenticate })
  const [good, bad, foreign] = await Promise.all(['d1', 'd2', 'd3'].map((device) => gateway.device(device, { headers: bearer({ device }) }))) as [ProtocolDevice, ProtocolDevice, ProtocolDevice]
  const tokens = [tokenOf({ device: 'd1', by: 'token' }), 'rubbish', tokenOf({ device: 'd1' })]
  for (const [n, device] of [good, bad, foreign].entries()) device.send(JSON.stringify({ type: 'refresh', token: tokens[n] }))
  await Promise.all([good.nextOf('refreshed'), bad.nextOf('denied'), foreign.ended])
  await gateway.app.close()
  const text = await audited(topic)
  const lines = text.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ act }) => act === 'refreshed').sort((a, b) => String(a.device) < String(b.device) ? -1 : 1)
  t.match(lines, [
    { subject: 'd1', by: 'token', address: '127.0.0.1', session: good.welcome?.session, code: undefined },
    { subject: 'd2', device: 'd2', session: bad.welcome?.session, code: 'bad-credentials' },
    { subject: 'd3', device: 'd3', session: foreign.welcome?.session, code: 'not-permitted' }
  ])
  for (const token of tokens) t.notOk(text.some((line) => line.includes(token)))
})
