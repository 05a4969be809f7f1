import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { conformance } from './conformance.ts'
import { kafkaLog } from './given.ts'

await t.test('on Kafka', async t => {
  const broker = await testBroker(t)
  await conformance(t, broker, (options) => kafkaLog(broker.brokers, options))
})

await t.test('a broker that does not answer is told within connectTimeoutMs', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  server.close()
  await once(server, 'close')
  const log = kafkaLog(address, { topics: ['any'], connectTimeoutMs: 400 })
  const beganMs = Date.now()
  await t.rejects(log.open(), { name: 'LogError', code: 'unreachable', message: `No Kafka answers at ${address}: the connection was refused. Check KAFKA_BROKERS, or unset it to start an embedded broker.` })
  t.ok(Date.now() - beganMs >= 400 && Date.now() - beganMs < 3_000)
  await log.close()
})

await t.test('closing ends the waiting for a broker', async t => {
  const log = kafkaLog('127.0.0.1:1', { topics: ['any'], connectTimeoutMs: 60_000 })
  const opening = log.open()
  await log.close()
  await t.rejects(opening, { code: 'unreachable' })
})
