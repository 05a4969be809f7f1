import t from 'tap'
import { encode } from '../../src/positions/record.ts'
import { HeaderBlock } from '../../src/wire/header-block.ts'
import { homePartition } from '../../src/wire/murmur2.ts'
import { testBroker } from '../kafka/broker.ts'
import { kafkaLog, Ledger } from '../log/given.ts'
import { hold, instance, topicOf } from './given.ts'

const names = 10_000
const writes = 5

await t.test('ten thousand positions are read at the start', async t => {
  const broker = await testBroker(t)
  const topic = await topicOf(broker)
  const log = kafkaLog(broker.brokers, { topics: [], compacted: [topic], holdBytes: 64 << 20 })
  t.teardown(() => log.close())
  await log.open()
  const { append, partitions } = log.topic(topic)
  const [ledger, headers] = [new Ledger(), new HeaderBlock()]
  for (let n = 0; n < writes; n++) {
    for (let device = 0; device < names; device++) {
      const key = Buffer.from(`device-${device}/main`)
      const value = encode({ cursor: `1.LkU3OEVBNTcwNTJENDM2Qg.6.3.${n}.1795478400000.12`, claim: 'f00dfeed0123:17', partitions, at: 0, n })
      append(homePartition(key, partitions), key, value, 0, value.length, headers, ledger, 1)
    }
  }
  await log.flush()
  t.strictSame(ledger.failures, [])

  const heapBefore = process.memoryUsage().heapUsed
  const began = performance.now()
  const one = await instance(t, broker.brokers, topic, { max: 20_000 })
  t.comment(`${names} positions, ${names * writes} records: open and read in ${Math.round(performance.now() - began)} ms, ` +
    `${Math.round((process.memoryUsage().heapUsed - heapBefore) / names)} bytes of heap each, garbage included`)
  t.equal(one.positions.size, names)
  t.match((await hold(one, 'device-9999')).from, '1.LkU3OEVBNTcwNTJENDM2Qg.6.3.4.')
})

await t.test('ten thousand sockets claim at once', async t => {
  const broker = await testBroker(t)
  const topic = await topicOf(broker)
  const [a, b] = [await instance(t, broker.brokers, topic, { max: 20_000 }), await instance(t, broker.brokers, topic, { max: 20_000 })]
  const began = performance.now()
  const claims = Array.from({ length: names }, (_, n) => a.positions.claim(`device-${n}`, 'main', () => {}))
  await Promise.all(claims.map(({ ready }) => ready))
  t.comment(`all held after ${Math.round(performance.now() - began)} ms`)
  for (const claim of claims) claim.received('c1')
  await a.positions.stop(10_000)
  const from = await Promise.all(claims.map((_, n) => b.positions.claim(`device-${n}`, 'main', () => {}).ready))
  t.equal(from.filter((cursor) => cursor === 'c1').length, names)
})
