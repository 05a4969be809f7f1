import t from 'tap'
import { startGateway } from '../flow/gateway.ts'
import { readAll, write } from '../flow/kafka.ts'
import { Lines } from '../flow/lines.ts'
import { testBroker } from '../kafka/broker.ts'
import { mistakes, Publisher } from './publishers.ts'

const sockets = 50

await t.test('whatever one request meets, each frame is stored once and in order (G2, G3)', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('faults of single requests are planted on the embedded broker only')
  const { faults } = broker.dev
  const gateway = await startGateway(t, broker, { settings: { kafka: { requestTimeoutMs: 1_000 } } })
  const publishers = await Promise.all(Array.from({ length: sockets }, async (_, n) => new Publisher(`d${n}`, (await gateway.device(`d${n}`)).ignore(({ type }) => type === 'stalled' || type === 'live'), 4)))
  await Promise.all(publishers.map((one) => one.nextAck()))

  faults.push('Produce',
    { cut: 'request' }, { cut: 'answer' }, { cut: 'answer' }, // not done; done, and nobody heard of it
    { error: 'NOT_LEADER_OR_FOLLOWER' }, { error: 'NOT_ENOUGH_REPLICAS' }, { error: 'REQUEST_TIMED_OUT' },
    { delay: 'answer', ms: 1_500 }, { delay: 'request', ms: 1_500 }) // later than we wait
  faults.push('Fetch', { cut: 'request' }, { cut: 'answer' }, { error: 'NOT_LEADER_OR_FOLLOWER' }, { delay: 'answer', ms: 1_800 })
  faults.push('Metadata', { cut: 'answer' })
  while (faults.pending > 0) await publishers[0]?.nextAck()

  await write(broker.brokers, gateway.downlink, publishers.map(({ name }) => ({ key: name, value: '"still read"' })))
  await Promise.all(publishers.map((one) => one.nextAck()))
  await Promise.all(publishers.map((one) => one.stop()))
  for (const one of publishers) if (one.others.length === 0) one.others.push(await one.device.nextOf('message'))
  t.match(publishers.map(({ others }) => others), publishers.map(() => [{ type: 'message', data: 'still read' }]), 'one message each, and no refusal')
  const records = await readAll(broker.brokers, gateway.uplink)
  t.same(mistakes(records, new Map(publishers.map(({ name, acked }) => [name, acked]))), [], `${records.length} records`)
  t.equal(faults.pending, 0, 'every planted fault was met')
})

await t.test('what Kafka refuses for good is told with its reason, and holds nothing up (G3)', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('faults of single requests are planted on the embedded broker only')
  const { faults } = broker.dev
  const gateway = await startGateway(t, broker)
  const device = await gateway.device('refused')
  const cases = [
    ['TOPIC_AUTHORIZATION_FAILED', 'not-authorized'], ['MESSAGE_TOO_LARGE', 'record-too-large'], ['INVALID_RECORD', 'kafka-refused']
  ] as const
  for (const [i, [error, code]] of cases.entries()) {
    faults.push('Produce', { error })
    device.publish(2 * i + 1, { data: 'not to be stored' })
    t.match(await device.nextOf('refused'), { id: 2 * i + 1, code, temporary: false, outcome: 'not-stored', message: new RegExp(error) })
    await device.stored(2 * i + 2, 'goes on')
  }
  faults.push('Produce', { error: 'TOPIC_AUTHORIZATION_FAILED' })
  const raw = await gateway.raw('refused-raw')
  raw.send('x')
  t.match(await raw.ended, { code: 4003, reason: /^not-stored: / })
  faults.push('Produce', { error: 'TOPIC_AUTHORIZATION_FAILED' })
  const response = await fetch(`${gateway.origin}/v1/devices/d/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":1}' })
  t.equal(response.status, 502)
  t.match(await response.json(), { code: 'kafka-refused', message: /TOPIC_AUTHORIZATION_FAILED/ })
  t.equal((await readAll(broker.brokers, gateway.uplink)).length, cases.length)
  t.equal(faults.pending, 0, 'every planted fault was met')
})

await t.test('whoever asks /readyz hears that Kafka does not allow something, and not who the gateway is; the log says that', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('faults of single requests are planted on the embedded broker only')
  const { faults } = broker.dev
  const lines = new Lines('warn')
  const gateway = await startGateway(t, broker, { logger: lines.logger })
  const device = await gateway.device('d1')
  const asked = async (): Promise<unknown> => await (await fetch(`${gateway.origin}/readyz`)).json()
  faults.push('Produce', { error: 'TOPIC_AUTHORIZATION_FAILED' })
  device.publish(1, { data: 'refused' })
  await device.nextOf('refused')
  t.strictSame(await asked(), { status: 'stalled', reasons: [`${gateway.uplink} is not written: Kafka does not allow it`] })
  await lines.says(/principal User:ANONYMOUS lacks WRITE on topic uplink/)
  await device.stored(2, 'goes on')
  t.strictSame(await asked(), { status: 'ready', reasons: [] })
  t.equal(faults.pending, 0, 'every planted fault was met')
})
