import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Message, type Producer } from 'kafkajs'
import { pad } from '../devices/payload.ts'
import type { History } from '../history/history.ts'
import type { Random } from '../random.ts'
import { kafkaClient } from './kafka-client.ts'

const PLAIN = 0.1
const MOST_AT_ONCE = 5
const BURST_PAD = 30_000

export interface WriterOptions {
  readonly brokers: string
  readonly topic: string
  readonly devices: readonly string[]
  readonly history: History
  readonly random: Random
  /** Between two sends, at most. */
  readonly everyMs: number
  /** After how long Kafka aborts a transaction that nobody ends. */
  readonly transactionTimeoutMs: number
}

let serials = 0

/** A service that writes to devices, with kafkajs' idempotent producer, and sometimes in transactions. */
export class Writer {
  readonly #options: WriterOptions
  #over = false
  #loop: Promise<void> = Promise.resolve()

  constructor (options: WriterOptions) { this.#options = options }

  start (): void { this.#loop = this.#run() }

  async stop (): Promise<void> {
    this.#over = true
    await this.#loop
  }

  /** A message for a device, written down; sometimes no JSON. */
  message (device: string, padding = pad(this.#options.random)): Message {
    const { random, history } = this.#options
    const name = `#w${++serials}#`
    const value = random.chance(PLAIN) ? `plain ${name} ${padding}` : JSON.stringify({ n: name, pad: padding })
    history.record({ type: 'written', device, value })
    return { key: device, value }
  }

  /** Writes one last record to each device, until Kafka has them; resolves to their values. */
  async writeLast (): Promise<Map<string, string>> {
    const { devices, topic } = this.#options
    for (;;) {
      const messages = devices.map((device) => this.message(device)) // a failed try may have come through
      const producer = this.#producer()
      try {
        await producer.connect()
        await producer.send({ topic, messages, acks: -1 })
        return new Map(messages.map(({ key, value }) => [key as string, value as string]))
      } catch {
        await delay(200)
      } finally {
        await producer.disconnect().catch(() => {})
      }
    }
  }

  /** Many records for one device, more than may wait for a slow reader. */
  async burst (device: string, bytes: number): Promise<void> {
    const messages = Array.from({ length: Math.ceil(bytes / BURST_PAD) }, () => this.message(device, 'y'.repeat(BURST_PAD)))
    const producer = this.#producer()
    try {
      await producer.connect()
      await producer.send({ topic: this.#options.topic, messages, acks: -1 })
    } catch {
      // what did not get there is not in the topic
    } finally {
      await producer.disconnect().catch(() => {})
    }
  }

  /** A transaction that stays open for a while, and then counts or does not. */
  async transact (holdMs: number, commits: boolean): Promise<void> {
    const { devices, random, topic } = this.#options
    const producer = this.#producer(`ledger-${random.int(0, 0xffff_ffff)}`)
    try {
      await producer.connect()
      const transaction = await producer.transaction()
      try {
        await transaction.send({ topic, messages: devices.map((device) => this.message(device)), acks: -1 })
        await delay(holdMs)
        await (commits ? transaction.commit() : transaction.abort())
      } catch {
        if (transaction.isActive()) await transaction.abort()
      }
    } catch {
      // Kafka aborts it by itself
    } finally {
      await producer.disconnect().catch(() => {})
    }
  }

  async #run (): Promise<void> {
    const { devices, random, topic, everyMs } = this.#options
    let producer: Producer | undefined
    while (!this.#over) {
      await delay(random.int(1, everyMs))
      const messages = Array.from({ length: random.int(1, MOST_AT_ONCE) }, () => this.message(random.pick(devices)))
      try {
        if (producer === undefined) {
          producer = this.#producer()
          await producer.connect()
        }
        await producer.send({ topic, messages, acks: -1 })
      } catch {
        await producer?.disconnect().catch(() => {})
        producer = undefined
      }
    }
    await producer?.disconnect().catch(() => {})
  }

  #producer (transactionalId?: string): Producer {
    return kafkaClient(this.#options.brokers).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      idempotent: true,
      maxInFlightRequests: 1,
      ...(transactionalId === undefined ? {} : { transactionalId, transactionTimeout: this.#options.transactionTimeoutMs })
    })
  }
}
