/** Reads a topic from its start with kafkajs' own `Broker.fetch`, and prints the µs of CPU that a record took as its `address`. */
import { createRequire } from 'node:module'
import { KafkaJS } from './kafkajs.js'

const require = createRequire(import.meta.url)
const Cluster = require('kafkajs/src/cluster')

const [brokers, topic, warmUp] = process.argv.slice(2)
const nothing = () => {}
const silent = { namespace: () => silent, info: nothing, error: nothing, warn: nothing, debug: nothing, setLogLevel: nothing }

const admin = KafkaJS(brokers).admin()
await admin.connect()
const ends = await admin.fetchTopicOffsets(topic)
await admin.disconnect()

const cluster = new Cluster({
  brokers: brokers.split(','),
  clientId: 'bench-fetcher',
  logger: silent,
  socketFactory: require('kafkajs/src/network/socketFactory')(),
  connectionTimeout: 5_000,
  requestTimeout: 5_000,
  metadataMaxAge: 300_000,
  isolationLevel: 1,
  retry: { retries: 3 }
})
await cluster.connect()
await cluster.addTargetTopic(topic)
const byLeader = cluster.findLeaderForPartitions(topic, ends.map(({ partition }) => partition))
let records = 0
let usedUs
let counted = 0
for (const [nodeId, partitions] of Object.entries(byLeader)) {
  const broker = await cluster.findBroker({ nodeId })
  const at = new Map(partitions.map((partition) => [partition, 0]))
  const end = (partition) => Number(ends.find((one) => one.partition === partition).high)
  for (;;) {
    const left = partitions.filter((partition) => at.get(partition) < end(partition))
    if (left.length === 0) break
    const { responses } = await broker.fetch({
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: 4 << 20,
      isolationLevel: 1,
      topics: [{ topic, partitions: left.map((partition) => ({ partition, fetchOffset: at.get(partition), maxBytes: 1 << 20 })) }]
    })
    for (const { partition, messages } of responses.flatMap((response) => response.partitions)) {
      if (messages.length === 0) continue
      at.set(partition, Number(messages.at(-1).offset) + 1)
      records += messages.length
    }
    if (usedUs === undefined && records >= Number(warmUp)) {
      usedUs = cpuUs()
      counted = records
    }
  }
}
console.log(JSON.stringify({ address: (cpuUs() - usedUs) / (records - counted) }))
await cluster.disconnect()
process.once('SIGTERM', () => process.exit())
setInterval(nothing, 60_000)

function cpuUs () {
  const { user, system } = process.cpuUsage()
  return user + system
}
