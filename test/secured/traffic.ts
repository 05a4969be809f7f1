import { setTimeout as delay } from 'node:timers/promises'
import type { Producer } from 'kafkajs'
import type { ProtocolDevice } from '../flow/device.ts'
import type { TestGateway } from '../flow/gateway.ts'
import { client, readDevice } from '../flow/kafka.ts'

const EVERY_MS = 5
const DEVICE = 'd1'

/** One device that sends and gets a record every few milliseconds, and a count of what came through, in both directions. */
export class Traffic {
  acked = 0
  readonly received: number[] = []
  readonly refusals: string[] = []
  #gateway: TestGateway
  #admin: string
  #device!: ProtocolDevice
  #producer!: Producer
  #sent = 0
  #written = 0
  #stopping = false
  #over = false
  #publishing!: Promise<void>
  #writing!: Promise<void>
  #waiting: Array<{ met: () => boolean, resolve: () => void }> = []

  constructor (gateway: TestGateway, admin: string) {
    this.#gateway = gateway
    this.#admin = admin
  }

  async start (): Promise<this> {
    this.#device = await this.#gateway.device(DEVICE)
    this.#producer = client(this.#admin).producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 100, maxRetryTime: 200 } })
    await this.#producer.connect()
    this.#publishing = this.#publish()
    this.#writing = this.#write()
    this.#take()
    return this
  }

  /** Resolves when so much more has come through both ways. */
  async goesOn (count = 50): Promise<void> {
    const [acked, received] = [this.#sent + count, this.#written + count]
    await this.#until(() => this.acked >= acked && this.received.length >= received)
  }

  /** The device publishes on; the other side, whose client gives up on a broker that is down, waits. */
  async while (kafkaIsDown: () => Promise<void>): Promise<void> {
    this.#stopping = true
    await this.#writing
    this.#stopping = false
    await kafkaIsDown()
    this.#writing = this.#write()
  }

  async #until (met: () => boolean): Promise<void> {
    if (!met()) await new Promise<void>((resolve) => { this.#waiting.push({ met, resolve }) })
  }

  async #publish (): Promise<void> {
    for (;;) {
      await delay(EVERY_MS)
      if (this.#over) return
      if (this.#sent - this.acked < 200) this.#device.publish(++this.#sent, { data: this.#sent }) // its session may have 256 under way
    }
  }

  async #write (): Promise<void> {
    while (!this.#stopping) {
      await delay(EVERY_MS)
      const value = String(this.#written + 1)
      await this.#producer.send({ topic: this.#gateway.downlink, acks: -1, messages: [{ key: DEVICE, value }] })
      this.#written++
    }
  }

  /** A frame comes to nobody else: the device is this one's alone. */
  #take (): void {
    this.#device.ignore((frame) => {
      if (frame.type === 'ack') this.acked = frame.id as number
      if (frame.type === 'message') this.received.push(frame.data as number)
      if (frame.type === 'refused') this.refusals.push(String(frame.code))
      for (const one of this.#waiting.filter(({ met }) => met())) {
        this.#waiting.splice(this.#waiting.indexOf(one), 1)
        one.resolve()
      }
      return true
    })
  }

  /** What stands in the uplink, once everything that was sent has come through. */
  async stop (): Promise<{ sent: number, stored: number[], written: number }> {
    await this.goesOn()
    this.#over = this.#stopping = true
    await Promise.all([this.#publishing, this.#writing])
    await this.#until(() => this.acked >= this.#sent && this.received.length >= this.#written)
    await this.#producer.disconnect()
    await this.#device.close()
    const stored = (await readDevice(this.#admin, this.#gateway.uplink, DEVICE)).map(({ value }) => Number(value))
    return { sent: this.#sent, stored, written: this.#written }
  }
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
