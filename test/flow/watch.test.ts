import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { write } from './kafka.ts'

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)

await t.test('a watcher gets what its devices send after the answer', async (t) => {
  const page = await gateway.device('page-1')
  const sensor = await gateway.device('sensor-1')
  const other = await gateway.device('sensor-2')
  await sensor.stored(1, 'before')
  page.send('{"type":"watch","device":"sensor-1"}')
  t.match(await page.next(), { type: 'watching', devices: ['sensor-1'] })
  await sensor.stored(2, 'seen')
  await other.stored(1, 'not watched')
  sensor.publish(3, { event: 'alarm', base64: '/wA=' })
  t.match(await page.take(2), [
    { type: 'message', device: 'sensor-1', data: 'seen', time: Number },
    { type: 'message', device: 'sensor-1', event: 'alarm', base64: '/wA=', contentType: 'application/octet-stream' }
  ])
  page.send('{"type":"unwatch","device":"sensor-1"}')
  t.match(await page.next(), { type: 'watching', devices: [] })
  await sensor.acked(3)
  await sensor.stored(4, 'nobody looks')
  page.send('{"type":"watch","device":"sensor-2"}')
  await page.nextOf('watching')
  await other.stored(2, 'again')
  t.match(await page.next(), { device: 'sensor-2', data: 'again' })
  for (const each of [page, sensor, other]) await each.close()
})

/** What it watches, once that is so much: one answer may do for several watches. */
async function listOf (page: Awaited<ReturnType<typeof gateway.device>>, entries: number): Promise<string[]> {
  for (;;) {
    const devices = (await page.nextOf('watching')).devices as string[]
    if (devices.length === entries) return devices
  }
}

await t.test('* is everybody, and a record comes once however many entries match', async (t) => {
  const page = await gateway.device('page-2')
  const raw = await gateway.raw('raw-2')
  page.send('{"type":"watch","device":"*"}')
  page.send('{"type":"watch","device":"raw-2"}')
  page.send('{"type":"watch","device":"page-2"}')
  t.same(await listOf(page, 3), ['*', 'raw-2', 'page-2'])
  raw.send('21.5')
  t.match(await page.next(), { device: 'raw-2', data: 21.5 })
  raw.send(Buffer.from([0xff]))
  t.match(await page.next(), { device: 'raw-2', base64: '/w==' })
  page.publish(1, { data: 'my own' })
  const both = await page.take(2)
  t.match(both.find(({ type }) => type === 'message'), { device: 'page-2', data: 'my own' })
  page.send('{"type":"unwatch","device":"*"}')
  t.same((await page.nextOf('watching')).devices, ['raw-2', 'page-2'])
  raw.send('22')
  t.match(await page.next(), { device: 'raw-2', data: 22 })
  await page.close()
  await raw.close()
})

await t.test('records that some other program wrote to the uplink are shown too', async (t) => {
  const page = await gateway.device('page-3')
  page.send('{"type":"watch","device":"*"}')
  await page.nextOf('watching')
  await write(broker.brokers, gateway.uplink, [
    { key: null, value: 'no device' },
    { key: 'not a device id/', value: '1' },
    { key: 'by-hand', value: '2', headers: { event: 'e' } }
  ])
  const frames = [await page.next(), await page.next()]
  t.match(frames.find(({ device }) => device === 'by-hand'), { data: 2, event: 'e' })
  await page.close()
})

await t.test('watching begins and ends while records flow: what it saw it saw once and in order', async (t) => {
  const busy = await gateway.device('busy')
  let id = 0
  const enough = new AbortController()
  const flow = (async () => {
    while (!enough.signal.aborted) await busy.stored(++id, id)
  })()
  for (let round = 0; round < 10; round++) {
    const page = await gateway.device('page-4')
    page.send('{"type":"watch","device":"*"}')
    await page.nextOf('watching')
    const asked = id
    const seen = (await page.take(20)).map(({ data }) => data as number)
    t.ok(seen.every((value, i) => i === 0 || value === (seen[i - 1] as number) + 1), `round ${round}: ${seen[0]}…${seen.at(-1)}`)
    t.ok((seen[0] as number) <= asked + 1, 'nothing stored after the answer is missing')
    await page.close()
  }
  enough.abort()
  await flow
  await busy.close()
})

await t.test('who leaves and comes back at once still hears', async (t) => {
  const page = await gateway.device('page-6')
  const device = await gateway.device('back')
  for (const type of ['watch', 'unwatch', 'watch']) page.send(`{"type":"${type}","device":"back"}`)
  t.same(await listOf(page, 1), ['back'])
  await device.stored(1, 'heard')
  t.match(await page.nextOf('message'), { device: 'back', data: 'heard' })
  await page.close()
  await device.close()
})

await t.test('at most 100 entries', async (t) => {
  const page = await gateway.device('page-5')
  for (let n = 0; n < 100; n++) page.send(`{"type":"watch","device":"d${n}"}`)
  t.equal((await listOf(page, 100)).length, 100)
  page.send('{"type":"watch","device":"one-too-many"}')
  t.match(await page.ended, { code: 4504, reason: /^bad-watch: .*at most 100/ })
})
