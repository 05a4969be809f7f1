/**
 * The Kafka that a flow test runs against: an embedded broker of its own, or the real one that the whole run shares.
 * The environment says which: TEST_KAFKA=embedded|real, and TEST_KAFKA_BROKERS for the real one's address.
 */

import { randomBytes } from 'node:crypto'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { DevKafka } from '../../src/devkafka/broker.ts'

export interface TopicOptions {
  partitions?: number
  config?: Record<string, string>
}

export interface TestBroker {
  kind: 'embedded' | 'real'
  /** `host:port,…` */
  brokers: string
  /** The embedded broker itself, for its faults; undefined on a real one. */
  dev: DevKafka | undefined
  /** This test's own name for a topic: the same one each time it is asked, and no other test's. */
  topic(name: string): string
  /** Creates this test's own topic of that name; resolves to what it is really called, once it has its leaders. */
  createTopic(name: string, options?: TopicOptions): Promise<string>
}

/** As much of a tap test as is needed here. */
interface Owner { teardown(fn: () => Promise<void>): void }

/** `retentionBytes`: what the embedded broker keeps of each partition, where its usual 16 MiB are too few. */
export async function testBroker (t: Owner, options: { retentionBytes?: number } = {}): Promise<TestBroker> {
  const kind = process.env.TEST_KAFKA ?? 'embedded'
  if (kind === 'embedded') return await embedded(t, options)
  if (kind === 'real') return real()
  throw new Error(`TEST_KAFKA is "${kind}"; it can be "embedded" or "real"`)
}

async function embedded (t: Owner, options: { retentionBytes?: number }): Promise<TestBroker> {
  const dev = new DevKafka({ port: 0, ...options })
  const brokers = await dev.listen()
  t.teardown(() => dev.close())
  return { kind: 'embedded', brokers, dev, ...ownTopics(brokers) }
}

function real (): TestBroker {
  const brokers = process.env.TEST_KAFKA_BROKERS
  if (!brokers) throw new Error('TEST_KAFKA=real needs the address of a Kafka in TEST_KAFKA_BROKERS')
  return { kind: 'real', brokers, dev: undefined, ...ownTopics(brokers) }
}

function ownTopics (brokers: string): Pick<TestBroker, 'topic' | 'createTopic'> {
  const suffix = randomBytes(6).toString('hex')
  const topic = (name: string) => `${name}.${suffix}`
  return {
    topic,
    async createTopic (name, { partitions = 1, config = {} } = {}) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      await withAdmin(brokers, (admin) => admin.createTopics({
        waitForLeaders: true,
        // -1: what the broker is set to, be it one broker or three
        topics: [{ topic: topic(name), numPartitions: partitions, replicationFactor: -1, configEntries }]
      }))
      return topic(name)
    }
  }
}

async function withAdmin<T> (brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'test',
    retry: { initialRetryTime: 50, retries: 8 },
    logLevel: kafkajs.logLevel.NOTHING
  }).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
