import t from 'tap'
import { createApp } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { defaults } from '../../src/config/index.ts'
import { simulate } from '../../src/simulate/simulate.ts'
import { testBroker } from '../kafka/broker.ts'
import { kept } from '../logs/keep.ts'
import { startGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'
import { readDevice, write } from './kafka.ts'

await t.test('simulated devices stream and answer', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const page = await gateway.device('page')
  page.send('{"type":"watch","device":"*"}')
  await page.nextOf('watching')
  const stop = simulate(gateway.host, 3, systemClock)
  t.teardown(async () => stop())
  const seen = new Set<unknown>()
  while (seen.size < 3) {
    const frame = await page.nextOf('message')
    t.match(frame, { device: /^simulated-[123]$/, event: 'telemetry', data: { celsius: Number, upS: Number } })
    seen.add(frame.device)
  }
  await write(broker.brokers, gateway.downlink, [{ key: 'simulated-2', value: '{"led":true}', headers: { event: 'set' } }])
  let frame = await page.nextOf('message')
  while (frame.event === 'telemetry') frame = await page.nextOf('message')
  t.match(frame, { device: 'simulated-2', event: 'answer', data: { to: 'set', received: { led: true } } })
  await write(broker.brokers, gateway.downlink, [{ key: 'simulated-3', value: Buffer.from([0xff]) }])
  for (frame = await page.nextOf('message'); frame.event === 'telemetry';) frame = await page.nextOf('message')
  t.match(frame, { device: 'simulated-3', event: 'answer', data: { to: null, received: null } }, 'to bytes without an event, too')
  t.ok((await readDevice(broker.brokers, gateway.uplink, 'simulated-2')).some(({ headers }) => headers.event === 'answer'))
  stop()
  while (gateway.app.gateway.hub.sockets > 1) await new Promise((resolve) => setImmediate(resolve))
  t.pass('they go when they are stopped')
})

await t.test('a simulated device comes back after its socket was cut', async (t) => {
  const gateway = await startGateway(t, await testBroker(t))
  const clock = new HeldClock()
  const stop = simulate(gateway.host, 1, clock)
  t.teardown(async () => stop())
  const { hub } = gateway.app.gateway
  const until = async (sockets: number): Promise<void> => {
    while (hub.sockets !== sockets) {
      clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await until(1)
  const [session] = hub.sessions()
  session?.close('internal')
  while ([...hub.sessions()].includes(session as never)) await new Promise((resolve) => setImmediate(resolve))
  await until(1)
  t.not([...hub.sessions()][0], session)
})

await t.test('a simulated device goes on after its telemetry was refused', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('a fault can be planted in the embedded broker only')
  const gateway = await startGateway(t, broker)
  const page = await gateway.device('page')
  page.send('{"type":"watch","device":"*"}')
  await page.nextOf('watching')
  broker.dev.faults.push('Produce', { error: 'MESSAGE_TOO_LARGE' })
  const stop = simulate(gateway.host, 1, systemClock)
  t.teardown(async () => stop())
  t.match(await page.nextOf('message'), { device: 'simulated-1', event: 'telemetry' })
  t.equal(broker.dev.faults.pending, 0)
})

await t.test('with no Kafka named it brings its own broker, and says so to devices', async (t) => {
  const app = await createApp({ settings: defaults({ embedded: { port: 0 } }), ...kept })
  t.teardown(() => app.close())
  const origin = await app.http.listen({ host: '127.0.0.1', port: 0 })
  await app.start()
  t.equal(app.storage, 'memory')
  const { openDevice, ProtocolDevice } = await import('./device.ts')
  const device = await openDevice(new ProtocolDevice(`${origin.replace('http', 'ws')}/ws/d`, ['sluice.v1']))
  t.match(await device.next(), { type: 'welcome', storage: 'memory' })
  await device.stored(1, 1)
  const [address] = app.brokers
  t.same((await readDevice(address as string, 'sluice.uplink', 'd')).map(({ value }) => String(value)), ['1'])
  t.match(await (await fetch(`${origin}/metrics`)).text(), /^sluice_embedded 1$/m)
})
