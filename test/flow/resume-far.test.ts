import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import type { ProtocolDevice, ServerFrame } from './device.ts'
import { idAt } from './cursors.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'
import { withAdmin, withProducer, write } from './kafka.ts'
import { Lines } from './lines.ts'
import { data, messages, since, untilLive } from './resume.ts'

const broker = await testBroker(t)
const { brokers } = broker
/** zlib.crc32('d1') % 4 */
const CRC32_HOME = 2

/** A second instance on the same topics, which has seen nothing yet. */
async function instance (t: Parameters<typeof gatewayOn>[0], { uplink, downlink }: TestGateway, settings = {}): Promise<TestGateway> {
  return await gatewayOn(t, brokers, { uplink, downlink }, { settings })
}

/** Connects so many at once, each with what it asks for. */
async function connectAll (gateway: TestGateway, ids: readonly string[], query: (id: string, n: number) => { query: string }): Promise<ProtocolDevice[]> {
  const devices: ProtocolDevice[] = []
  for (let n = 0; n < ids.length; n += 250) devices.push(...await Promise.all(ids.slice(n, n + 250).map((id, at) => gateway.device(id, query(id, n + at)))))
  return devices
}

/** A device that is at home there, other than d1. */
function neighbourAt (partition: number): string { return idAt(partition, 'neighbour') }

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => from + n)

await t.test('retention has passed the cursor: the gap comes before any message (G5)', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.device('d1')
  const partition = Number(String(first.welcome?.cursor).split('.')[3])
  await first.close()
  await write(brokers, gateway.downlink, range(5).map((n) => ({ key: 'd1', value: String(n) })))
  await withAdmin(brokers, async (admin) => {
    await admin.fetchTopicMetadata({ topics: [gateway.downlink] })
    await admin.deleteTopicRecords({ topic: gateway.downlink, partitions: [{ partition, offset: '3' }] })
  })
  const other = await instance(t, gateway)
  const frames = await untilLive(await other.device('d1', since(first.welcome?.cursor)))
  t.match(frames, [{ type: 'gap', reason: 'retention' }, { data: 3 }, { data: 4 }])
  t.match(await (await fetch(`${other.origin}/metrics`)).text(), 'sluice_gaps_total{reason="retention"} 1')

  const raw = await other.raw('d1', since(first.welcome?.cursor))
  t.strictSame(await raw.take(2), ['3', '4'], 'a raw socket cannot be told, and goes on all the same')
})

await t.test('silence for twice the retention, of a device that is away and of one that is here: no gap, no read', async t => {
  const gateway = await startGateway(t, broker, { settings: { history: { bytes: 0 } } }) // a scan would have to read from Kafka
  const here = await gateway.device('d1')
  const away = await gateway.device('d1')
  const partition = Number(String(away.welcome?.cursor).split('.')[3])
  await away.close()
  for (let generation = 0; generation < 2; generation++) { // each takes all that there is
    const seen = await gateway.device(neighbourAt(partition))
    await write(brokers, gateway.downlink, range(500).map((n) => ({ key: `n${n}`, value: '0' })))
    await write(brokers, gateway.downlink, [{ key: neighbourAt(partition), value: '"the last"' }])
    await seen.nextOf('message')
    await seen.close()
    await withAdmin(brokers, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [gateway.downlink] })
      await admin.deleteTopicRecords({ topic: gateway.downlink, partitions: [{ partition, offset: '-1' }] })
    })
  }
  t.strictSame(await untilLive(await gateway.device('d1', since(away.welcome?.cursor))), [])
  t.equal(gateway.app.gateway.catchupFetches, 0)

  const closing = gateway.app.close()
  const told = await here.told() // where it stood in the end
  await closing
  t.not(told, here.welcome?.cursor)
  const other = await instance(t, gateway)
  t.strictSame(await untilLive(await other.device('d1', since(told))), [])
  t.equal(other.app.gateway.catchupFetches, 0)
})

await t.test('another record stands where the cursor\'s did, or the cursor is from another cluster: a gap, and on by time (G5)', async t => {
  const gateway = await startGateway(t, broker)
  const first = await gateway.device('d1')
  await write(brokers, gateway.downlink, range(4).map((n) => ({ key: 'd1', value: String(n) })))
  const [, second] = await first.take(2) as [ServerFrame, ServerFrame]
  const parts = String(second.cursor).split('.')
  const changed = (at: number, to: string): string => parts.map((part, n) => n === at ? to : part).join('.')
  const cases: Array<[what: string, cursor: string, reason: string]> = [
    ['another time', changed(5, String(Number(parts[5]) - 1)), 'truncated'],
    ['another epoch', changed(6, '9'), 'truncated'],
    ['beyond the end', changed(4, '900'), 'truncated'],
    ['a partition that is no more', parts.with(2, '9').with(3, '8').join('.'), 'truncated'],
    ['another cluster', changed(1, 'zzz'), 'cluster']
  ]
  for (const on of [gateway, await instance(t, gateway)]) {
    for (const [what, cursor, reason] of cases) {
      const [gap, ...messages] = await untilLive(await on.device('d1', since(cursor)))
      t.match(gap, { type: 'gap', reason }, what)
      t.strictSame(data(messages), [0, 1, 2, 3], 'what came within the last minute comes again')
    }
  }
})

await t.test('partitions are added while devices are here and while they are away: nothing is lost', async t => {
  const gateway = await startGateway(t, broker)
  const ids = range(40).map((n) => `d${n}`)
  const [here, away] = [await connectAll(gateway, ids, () => ({ query: '' })), await connectAll(gateway, ids, () => ({ query: '' }))]
  await Promise.all(away.map((device) => device.close()))
  await withAdmin(brokers, (admin) => admin.createPartitions({ topicPartitions: [{ topic: gateway.downlink, count: 7 }] }))
  await write(brokers, gateway.downlink, ids.map((key) => ({ key, value: '"new"' })))
  for (const device of here) t.match(await device.next(), { type: 'message', data: 'new' })
  for (const on of [gateway, await instance(t, gateway)]) {
    const back = await connectAll(on, ids, (_id, n) => since(away[n]?.welcome?.cursor))
    for (const device of back) t.strictSame([...new Set(data(await untilLive(device)))], ['new']) // kafkajs may have stored it twice
    for (const device of back) device.socket.terminate()
  }
})

await t.test('downlink.partitioner: where the records of a device are looked for', async t => {
  const gateway = await startGateway(t, broker)
  await withProducer(brokers, async (producer) => {
    for (const partition of range(4)) await producer.send({ topic: gateway.downlink, messages: [{ key: 'd1', value: String(partition), partition }] })
  })
  const any = await instance(t, gateway, { downlink: { partitioner: 'any' } })
  const device = await any.device('d1', since('earliest'))
  const frames = await untilLive(device)
  t.strictSame(data(frames).sort(), range(4))
  t.ok(frames.every(({ cursor }) => cursor === undefined))
  device.cursor = undefined
  await write(brokers, gateway.downlink, [{ key: 'd1', value: '"live"' }])
  t.match(await device.next(), { data: 'live' })
  const cursor = await device.told()
  t.equal(cursor.split('~').length, 4)
  await device.close()
  await write(brokers, gateway.downlink, [{ key: 'd1', value: '"away"' }])
  t.strictSame(data(await messages(await any.device('d1', since(cursor)), 1)), ['away'])

  const crc32 = await instance(t, gateway, { downlink: { partitioner: 'crc32' } })
  const other = await crc32.device('d1')
  await withProducer(brokers, (producer) => producer.send({ topic: gateway.downlink, messages: [{ key: 'd1', value: '"home"', partition: CRC32_HOME }] }))
  t.match(await other.next(), { data: 'home', cursor: new RegExp(`^1\\.\\w+\\.4\\.${CRC32_HOME}\\.`) })
})

await t.test('more partitions than a cursor can name: the start says so, and devices that are live get theirs all the same', async t => {
  const { said, logger } = new Lines('warn')
  const topics = { uplink: broker.topic('uplink-of-many'), downlink: await broker.createTopic('downlink-of-many', { partitions: 500 }) }
  const device = await (await gatewayOn(t, brokers, topics, { settings: { downlink: { partitioner: 'any' } }, logger })).device('d1')
  t.match(said, [new RegExp(`^${topics.downlink} has too many partitions for cursors .* downlink\\.partitioner=any`)])
  t.equal(device.welcome?.cursor, undefined)
  device.cursor = undefined
  await write(brokers, topics.downlink, [{ key: 'd1', value: '"here"' }])
  t.match(await device.next(), { type: 'message', data: 'here' })
})
