import t from 'tap'
import type { Log } from '../../src/log/log.ts'
import { homePartition } from '../../src/wire/murmur2.ts'
import { testBroker } from '../kafka/broker.ts'
import { writeBulk, type BulkRecord } from './bulk.ts'
import { crowd } from './crowd.ts'
import { cursorsNow, offsetOf } from './cursors.ts'
import { gatewayOn, startGateway } from './gateway.ts'

const broker = await testBroker(t)
const { brokers } = broker
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const homeOf = (id: string): number => homePartition(Buffer.from(id), 4)

function * now (records: Iterable<Omit<BulkRecord, 'timeMs'>>): Generator<BulkRecord> { for (const record of records) yield { ...record, timeMs: Date.now() } }

/** The requests and the bytes that it takes to read each partition once, from an offset to its end. */
async function oneReading (log: Log, topic: string, from: readonly number[]): Promise<{ fetches: number, bytes: number }> {
  const total = { fetches: 0, bytes: 0 }
  const ends = await log.ends(topic)
  for (const [partition, end] of ends.entries()) {
    for (let at = from[partition] as number; at < end; total.fetches++) {
      const chunk = await log.fetch(topic, partition, at)
      total.bytes += chunk.end - chunk.at
      at = chunk.next
    }
  }
  return total
}

await t.test('ten thousand devices with fifty records each, on an instance that has just started: each its own, in order, and each partition is read once (G4)', async t => {
  const [devices, records] = [10_000, 50]
  const first = await startGateway(t, broker)
  const { uplink, downlink } = first
  await writeBulk(brokers, downlink, now(range(1_000).map((n) => ({ key: `other-${n}`, value: '0' }))))
  await first.app.close()
  const second = await gatewayOn(t, brokers, { uplink, downlink })
  const cursors = await cursorsNow(brokers, second)
  await second.app.close()
  const ids = range(devices).map((n) => `d${n}`)
  await writeBulk(brokers, downlink, now(range(records).flatMap((n) => ids.map((key) => ({ key, value: JSON.stringify(`${key} ${n}`) })))))

  const clients = crowd(t)
  for (const [what, count, sinceOf, from] of [
    ['by cursor', devices, (id: string) => cursors[homeOf(id)] as string, cursors.map((cursor) => offsetOf(cursor) - 1)],
    ['from the earliest on', devices / 5, () => 'earliest', [0, 0, 0, 0]]
  ] as const) {
    const gateway = await gatewayOn(t, brokers, { uplink, downlink })
    const used = process.cpuUsage()
    const { wrong, welcomedMs, liveMs } = await clients.come({ host: gateway.host, devices: ids.slice(0, count).map((id) => [id, sinceOf(id)]), atOnce: 200, records })
    const { user, system } = process.cpuUsage(used)
    const { catchupBytes, catchupFetches, log } = gateway.app.gateway
    t.strictSame(wrong, [], what)
    t.strictSame({ fetches: catchupFetches, bytes: catchupBytes }, await oneReading(log, downlink, from))
    t.comment(`${count} ${what}: ${count * records} records in ${seconds(liveMs)} s, all welcomed after ${seconds(welcomedMs)} s; ` +
      `${seconds((user + system) / 1_000)} s of CPU; ${catchupFetches} fetches, ${catchupBytes} bytes; RSS ${process.memoryUsage().rss >> 20} MiB`)
    await clients.go()
    await gateway.app.close()
  }
})

await t.test('five thousand devices wake one by one with nothing waiting: nothing is read', async t => {
  const gateway = await startGateway(t, broker, { settings: { history: { bytes: 0 } } }) // a scan would have to read from Kafka
  const ids = range(5_000).map((n) => `d${n}`)
  const cursors = await cursorsNow(brokers, gateway)
  await writeBulk(brokers, gateway.downlink, now(range(20_000).map((n) => ({ key: `other-${n}`, value: '0' }))))
  await cursorsNow(brokers, gateway) // the tails have passed all of them
  const { wrong } = await crowd(t).visit({ host: gateway.host, devices: ids.map((id) => [id, cursors[homeOf(id)] as string]), records: 0 })
  t.strictSame(wrong, [])
  t.strictSame([gateway.app.gateway.catchupFetches, gateway.app.gateway.catchupBytes], [0, 0])
})

function seconds (ms: number): string { return (ms / 1_000).toFixed(1) }
