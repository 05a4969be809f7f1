import kafkajs, { type Producer } from 'kafkajs'
import type { Client } from '../../src/client/client.ts'
import { client as kafka } from '../flow/kafka.ts'
import { Waiting } from '../log/given.ts'

const PAUSE_MS = 5

/** A service that writes 1, 2, 3 … to a device without pause, and what a client of that device got of it. */
export class ClientMessages extends Waiting {
  readonly got: number[] = []
  readonly gaps: unknown[] = []
  written = 0
  readonly #producer: Producer
  #stopped = false
  readonly #ended: Promise<void>

  constructor (brokers: string, topic: string, device: string, client: Client) {
    super()
    this.#producer = kafka(brokers).producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    client.on('message', ({ data }) => {
      this.got.push(data as number)
      this.changed()
    })
    client.on('gap', (gap) => this.gaps.push(gap))
    this.#ended = this.#run(topic, device)
  }

  async #run (topic: string, device: string): Promise<void> {
    await this.#producer.connect()
    while (!this.#stopped) {
      await this.#producer.send({ topic, acks: -1, messages: [{ key: device, value: String(this.written + 1) }] })
      this.written += 1
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    await this.#producer.disconnect()
  }

  /** Writes nothing more, and resolves when the last one has come. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#ended
    await this.until(() => this.got.includes(this.written))
  }
}
