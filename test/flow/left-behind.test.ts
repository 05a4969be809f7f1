import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Fastify from 'fastify'
import t from 'tap'
import { sluice } from '../../src/index.ts'
import { openDevice, ProtocolDevice } from './device.ts'
import { testBroker } from '../kafka/broker.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

await t.test('a gateway that was closed leaves nothing behind in its process', async (t) => {
  const { brokers, topic } = await testBroker(t)
  const topics = { uplink: topic('uplink'), downlink: topic('downlink'), positions: topic('positions'), revocations: topic('revocations') }
  const closed = await Promise.all(Array.from({ length: 3 }, () => lifetime({ topics, kafka: { brokers: brokers.split(','), createTopics: true } })))
  // What the last turns hold goes with them.
  for (let turns = 100; turns > 0 && closed.some((one) => one.deref() !== undefined); turns--) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  t.strictSame(closed.map((one) => one.deref()?.server.listening), [undefined, undefined, undefined])
})

/** From start to end, with a device that publishes. */
async function lifetime (settings: object): Promise<WeakRef<ReturnType<typeof Fastify>>> {
  const app = Fastify()
  try {
    await app.register(sluice, settings)
    await app.ready()
    const device = await openDevice(new ProtocolDevice(await app.injectWS('/ws/d1', { headers: { host: 'localhost', 'sec-websocket-protocol': 'sluice.v1' } })))
    await device.nextOf('welcome')
    device.publish(1, { data: 1 })
    await device.nextOf('ack')
    await app.inject('/metrics')
    device.socket.terminate()
  } finally {
    await app.close()
  }
  return new WeakRef(app)
}
