import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { withAdmin } from '../flow/kafka.ts'

const TOPIC = 'probe'
const ATTEMPT_MS = 1_000
const PAUSE_MS = 20

/** A client that is not ours. Kafka's port is open before it takes records: what it takes for that is not the gateway's. */
export class Probe {
  readonly #brokers: string

  constructor (brokers: string) {
    this.#brokers = brokers
  }

  async open (): Promise<void> {
    await withAdmin(this.#brokers, (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic: TOPIC, numPartitions: 1, replicationFactor: -1 }] }))
  }

  /** Tries until Kafka takes a record; resolves to the time of that. */
  async taken (): Promise<number> {
    while (!await this.#try()) await delay(PAUSE_MS)
    return performance.now()
  }

  async #try (): Promise<boolean> {
    const producer = new kafkajs.Kafka({
      brokers: this.#brokers.split(','),
      connectionTimeout: ATTEMPT_MS,
      requestTimeout: ATTEMPT_MS,
      retry: { retries: 0 },
      logLevel: kafkajs.logLevel.NOTHING
    }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    try {
      await producer.connect()
      await producer.send({ topic: TOPIC, messages: [{ value: 'x' }] })
      return true
    } catch {
      return false
    } finally {
      await producer.disconnect()
    }
  }
}
