import t from 'tap'
import { homePartition } from '../../src/wire/murmur2.ts'
import { testBroker } from '../kafka/broker.ts'
import { writeBulk, type BulkRecord } from './bulk.ts'
import { crowd } from './crowd.ts'
import { cursorsNow, idAt, offsetOf } from './cursors.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'

const broker = await testBroker(t, { retentionBytes: 64 << 20 })
const { brokers } = broker
const DAY_MS = 86_400_000
const PADDING = 'x'.repeat(60)
const homeOf = (id: string): number => homePartition(Buffer.from(id), 4)

/** What others get over that time, and in between, evenly, so many records of each of these devices. */
function * traffic (fromMs: number, toMs: number, others: number, devices: readonly string[], each: number): Generator<BulkRecord> {
  const every = Math.floor(others / each)
  for (let n = 0; n < others; n++) {
    const timeMs = fromMs + Math.floor((toMs - fromMs) * n / others)
    if (n % every === 0 && n / every < each) for (const key of devices) yield { key, value: JSON.stringify(`${key} ${n / every}`), timeMs }
    yield { key: `other-${n % 100_000}`, value: PADDING, timeMs }
  }
}

/** Who asks Kafka for what stands in these ranges waits until it is let go on; `reached` when all partitions have been asked so far. */
function holdReading ({ app }: TestGateway, ranges: ReadonlyArray<readonly [from: number, to: number]>): { reached: Promise<void>, goOn: () => void } {
  const { log } = app.gateway
  const fetch = log.fetch.bind(log)
  const awaited = new Set(ranges.keys())
  let goOn = (): void => {}
  const going = new Promise<void>((resolve) => { goOn = resolve })
  const reached = new Promise<void>((resolve) => {
    log.fetch = async (topic, partition, offset, maxBytes) => {
      const [from, to] = ranges[partition] as readonly [number, number]
      if (offset >= from && offset < to) {
        awaited.delete(partition)
        if (awaited.size === 0) resolve()
        await going
      }
      return await fetch(topic, partition, offset, maxBytes)
    }
  })
  return { reached, goOn }
}

await t.test('four devices a week behind among a million records of others, and a thousand a minute behind: these do not wait for those (G4)', async t => {
  const nowMs = Date.now()
  const [weekMs, minuteMs] = [nowMs - 7 * DAY_MS, nowMs - 60_000]
  const topic = await broker.createTopic('weeks', { partitions: 4, config: { 'retention.ms': '-1' } })
  const running = await startGateway(t, { ...broker, topic: (name) => name.startsWith('downlink') ? topic : broker.topic(name) }, { settings: { history: { bytes: 48 << 20 } } }) // the last minute, and half of the week
  const far = [0, 1, 2, 3].map((partition) => idAt(partition, 'far'))
  const near = Array.from({ length: 1_000 }, (_, n) => `near-${n}`)

  await writeBulk(brokers, topic, traffic(weekMs - DAY_MS, weekMs - 1_000, 10_000, far, 5)) // they had that
  const weekAgo = await cursorsNow(brokers, running, weekMs - 500)
  await writeBulk(brokers, topic, traffic(weekMs, minuteMs - 2_000, 800_000, far, 50))
  const minuteAgo = await cursorsNow(brokers, running, minuteMs - 1_000)
  await writeBulk(brokers, topic, traffic(minuteMs, nowMs, 200_000, near, 5))

  const iso = (ms: number): string => new Date(ms).toISOString()
  const sinceOf = (cursors: readonly string[], ms: number) => (id: string, n: number): [string, string] => [id, n % 2 === 0 ? cursors[homeOf(id)] as string : iso(ms)]
  const clients = crowd(t)
  for (const [what, gateway] of [['an instance that saw them come', running], ['one that has just started', await gatewayOn(t, brokers, { uplink: running.uplink, downlink: topic })]] as const) {
    const middle = weekAgo.map((cursor, p): [number, number] => {
      const [from, to] = [offsetOf(cursor), offsetOf(minuteAgo[p] as string) - 1]
      return [from + Math.floor((to - from) / 4), to]
    })
    const { reached, goOn } = holdReading(gateway, middle)
    const before = gateway.app.gateway.catchupBytes
    let farAreLive = false
    const fromMs = performance.now()
    const farCome = clients.come({ host: gateway.host, devices: far.map(sinceOf(weekAgo, weekMs)), atOnce: 1, records: 50 }).finally(() => { farAreLive = true })
    await reached
    const nearCame = await clients.come({ host: gateway.host, devices: near.map(sinceOf(minuteAgo, minuteMs)), atOnce: 200, records: 5 })
    t.strictSame(nearCame.wrong, [], `${what}: each of the thousand has exactly its own`)
    t.notOk(farAreLive, 'and those who are far behind are still on their way')
    const readBytes = gateway.app.gateway.catchupBytes - before
    goOn()
    t.strictSame((await farCome).wrong, [], 'and get exactly their own in the end')
    t.comment(`${what}: the thousand within ${Math.round(nearCame.liveMs)} ms, when ${readBytes} of ${gateway.app.gateway.catchupBytes - before} bytes had been read; all within ${Math.round(performance.now() - fromMs)} ms`)
    await clients.go()
  }
})
