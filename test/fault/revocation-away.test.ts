import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { authenticate, bearer, OPERATOR } from '../flow/callers.ts'
import { gatewayOn, type TestGateway } from '../flow/gateway.ts'
import { becomes } from '../log/faulty.ts'
import { faultyKafka, without } from './faulty-kafka.ts'

const topics = { uplink: 'up', downlink: 'down' }

async function call ({ origin }: TestGateway, method: string, path: string, body?: object): Promise<{ status: number, code?: string }> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${origin}${path}`, { method, headers: { ...bearer(OPERATOR), ...body === undefined ? {} : { 'content-type': 'application/json' } }, ...json })
  const { code } = answer.status === 204 ? {} as { code?: string } : await answer.json() as { code?: string }
  return { status: answer.status, ...code === undefined ? {} : { code } }
}

const statusOf = async ({ origin }: TestGateway, device: string): Promise<number> => (await fetch(`${origin}/ws/${device}`, { headers: bearer({ device }) })).status

await t.test('while Kafka is away what was revoked stays so, nothing new is, and a caller is told; then all is as before', { skip: without() }, async (t) => {
  const kafka = await faultyKafka(t)
  const file = join(t.testdir(), 'audit.jsonl')
  const gateway = await gatewayOn(t, kafka.brokers, topics, { authenticate, settings: { audit: { file }, uplink: { holdMs: 1_500 }, kafka: { requestTimeoutMs: 1_000 } } })
  const [first, second] = [await gateway.device('d1', { headers: bearer({ device: 'd1' }) }), await gateway.raw('d2', { headers: bearer({ device: 'd2' }) })]
  t.match(await call(gateway, 'POST', '/v1/revocations', { device: 'd1' }), { status: 201 })
  t.match(await first.ended, { code: 4509 })

  await kafka.kill()
  t.match(await call(gateway, 'POST', '/v1/revocations', { device: 'd2' }), { status: 503, code: 'kafka-away' })
  t.match(await call(gateway, 'DELETE', '/v1/devices/d2/sockets'), { status: 503, code: 'kafka-away' })
  t.match(await call(gateway, 'DELETE', '/v1/revocations/device/d1'), { status: 503, code: 'kafka-away' })
  t.match(await call(gateway, 'POST', '/v1/devices/d2/messages', { data: 1 }), { status: 503, code: 'kafka-away' })
  t.strictSame([await statusOf(gateway, 'd1'), await statusOf(gateway, 'd2'), second.socket.readyState], [401, 426, 1])

  const acts = readFileSync(file, 'utf8').split('\n').filter((line) => /"act":"(?:revoked|kicked|lifted|sent)"/.test(line)).map((line) => JSON.parse(line) as { act: string, id?: string, device?: string, code?: string })
  t.strictSame(acts.map(({ act, id, device, code }) => [act, id ?? device, code]), [['revoked', 'd1', undefined], ['revoked', 'd2', 'kafka-away'], ['kicked', 'd2', 'kafka-away'], ['lifted', 'd1', 'kafka-away'], ['sent', 'd2', 'kafka-away']])

  await kafka.restart()
  t.match(await call(gateway, 'POST', '/v1/revocations', { device: 'd2' }), { status: 201 })
  t.match(await second.ended, { code: 4509 })
  const other = await gatewayOn(t, kafka.brokers, topics, { authenticate })
  t.strictSame([await statusOf(other, 'd1'), await statusOf(other, 'd2')], [401, 401])
  t.match(await call(other, 'DELETE', '/v1/revocations/device/d1'), { status: 204 })
  await becomes(() => gateway.app.gateway.revocations.size === 1 && other.app.gateway.revocations.size === 1)
  t.strictSame([await statusOf(gateway, 'd1'), await statusOf(other, 'd1')], [426, 426])
})
