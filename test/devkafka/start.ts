import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { Kafka, logLevel } from 'kafkajs'
import { DevKafka } from '../../src/devkafka/broker.ts'
import type { DevKafkaOptions } from '../../src/devkafka/broker.ts'
import { RawClient } from './raw.ts'

/** Kafka.js that retries soon, since the broker is near; its own default depends on NODE_ENV. */
export function kafkajs (address: string): Kafka {
  return new Kafka({ clientId: 'test', brokers: [address], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 12 } })
}

export interface Started { readonly broker: DevKafka, readonly address: string, readonly kafka: Kafka, readonly said: string[], readonly connect: () => Promise<RawClient> }

/** An embedded broker that ends with the test. */
export async function start (t: Test, options: DevKafkaOptions = {}): Promise<Started> {
  const said: string[] = []
  const broker = new DevKafka({ partitions: 2, log: (sentence) => { said.push(sentence) }, ...options })
  t.teardown(() => broker.close())
  const address = await broker.listen()
  return { broker, address, said, kafka: kafkajs(address), connect: () => connectTo(t, address) }
}

export interface AnyBroker { readonly address: string, readonly kafka: Kafka, readonly connect: () => Promise<RawClient>, readonly topic: (configs?: Record<string, string>) => Promise<string> }

/**
 * What these tests expect holds of Kafka itself: with TEST_KAFKA_BROKERS=host:port they run against that, else against the
 * embedded broker. `topic` makes a new topic of one partition.
 */
export async function startAny (t: Test): Promise<AnyBroker> {
  const address = process.env['TEST_KAFKA_BROKERS'] ?? (await start(t)).address
  const kafka = kafkajs(address)
  const admin = kafka.admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  return {
    address,
    kafka,
    connect: () => connectTo(t, address),
    topic: async (configs = {}) => {
      const topic = `test-${randomUUID()}`
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
      return topic
    }
  }
}

async function connectTo (t: Test, address: string): Promise<RawClient> {
  const client = await RawClient.connect(address)
  t.teardown(() => client.close())
  return client
}
