import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../src/clock.ts'
import { testBroker } from '../kafka/broker.ts'
import { becomes } from '../log/faulty.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { withAdmin } from './kafka.ts'
import { data, messages, since } from './resume.ts'

const broker = await testBroker(t)
const ids = Array.from({ length: 12 }, (_, n) => `d${n}`)

/** To all of them while they are away, over HTTP; then they come back with their cursors. */
async function reachesThemAll (t: Test, gateway: TestGateway): Promise<void> {
  const devices = await Promise.all(ids.map((id) => gateway.device(id)))
  const cursors = devices.map(({ welcome }) => welcome?.cursor)
  await Promise.all(devices.map((device) => device.close()))
  for (const id of ids) {
    const body = JSON.stringify({ data: `for ${id}` })
    t.equal((await fetch(`${gateway.origin}/v1/devices/${id}/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status, 201)
  }
  for (const [n, id] of ids.entries()) {
    const device = await gateway.device(id, since(cursors[n]))
    t.strictSame(data(await messages(device, 1)), [`for ${id}`])
    device.socket.terminate()
  }
}

for (const partitioner of ['murmur2', 'crc32', 'any'] as const) {
  await t.test(`what is sent over HTTP lies where a device that comes back looks for it, with downlink.partitioner=${partitioner} (G4)`, async (t) => {
    await reachesThemAll(t, await startGateway(t, broker, { settings: { downlink: { partitioner } } }))
  })
}

await t.test('also when partitions were added, and it was waited until all producers know (G4)', async (t) => {
  const SETTLED_MS = 600_000
  let settled: (() => void) | undefined
  const clock: Clock = {
    ...systemClock,
    after: (ms, fn) => {
      if (ms !== SETTLED_MS) return systemClock.after(ms, fn)
      settled = fn
      return () => {}
    }
  }
  const gateway = await startGateway(t, broker, { clock })
  await withAdmin(broker.brokers, (admin) => admin.createPartitions({ topicPartitions: [{ topic: gateway.downlink, count: 7 }] }))
  await (await gateway.device('looks', { query: '?since=earliest' })).close() // it is looked for what is new
  await becomes(() => settled !== undefined)
  settled?.()
  await reachesThemAll(t, gateway)
  const at = new Set((await withAdmin(broker.brokers, (admin) => admin.fetchTopicOffsets(gateway.downlink))).flatMap(({ partition, high }) => high === '0' ? [] : [partition]))
  t.ok([...at].some((partition) => partition >= 4), 'some lie in a new one')
})
