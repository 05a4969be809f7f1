import { setTimeout as pause } from 'node:timers/promises'
import { KafkaJS } from './rivals/kafkajs.js'

/** The Kafka that was named, or one that is started for this run; with what stops it. */
export async function someKafka (brokers) {
  if (brokers !== undefined) return { brokers, stop: async () => {} }
  if (process.features.typescript === undefined) await import('@isaacs/ts-node-temp-fork-for-pr-2009/import')
  const { startKafka } = await import('../test/kafka/real.ts')
  const kafka = await startKafka({ heapMb: 1024 })
  return { brokers: kafka.bootstrap, stop: () => kafka.stop() }
}

const TRIES = 50
const RETRY_MS = 200

/** A broker that is busy does not know at once what it has just created, and kafkajs gives up on it. */
async function known (admin, topics) {
  for (let left = TRIES; ; left--) {
    try {
      const { topics: facts } = await admin.fetchTopicMetadata({ topics })
      if (facts.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return
    } catch (error) {
      if (left === 0) throw error
    }
    await pause(RETRY_MS)
  }
}

/** Topics of one bench alone, so that no other's records are read along. */
export async function withTopics (brokers, name, use) {
  const suffix = `${process.pid}.${name}`
  const topics = { uplink: `bench.uplink.${suffix}`, downlink: `bench.downlink.${suffix}` }
  const admin = KafkaJS(brokers).admin()
  await admin.connect()
  try {
    await admin.createTopics({ waitForLeaders: false, topics: Object.values(topics).map((topic) => ({ topic, numPartitions: 6, replicationFactor: -1 })) })
    await known(admin, Object.values(topics))
    await use(topics)
  } finally {
    await admin.deleteTopics({ topics: Object.values(topics) })
    await admin.disconnect()
  }
}
