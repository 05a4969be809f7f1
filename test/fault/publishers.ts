import type { ProtocolDevice, ServerFrame } from '../flow/device.ts'
import type { StoredRecord } from '../flow/kafka.ts'

/** A device that publishes without pause: as soon as one publish is acked, the next goes out. The data is the id. */
export class Publisher {
  readonly device: ProtocolDevice
  readonly name: string
  sent = 0
  acked = 0
  /** What came that is no ack, and no word of how Kafka is. */
  readonly others: ServerFrame[] = []
  readonly #window: number
  #stopped = false
  #ended: Promise<void>
  #onAck: Array<() => void> = []
  #ackTimes: number[] = []

  constructor (name: string, device: ProtocolDevice, window: number) {
    this.name = name
    this.device = device
    this.#window = window
    this.#ended = this.#run()
  }

  /** Resolves when the next ack comes. */
  nextAck (): Promise<void> { return new Promise((resolve) => { this.#onAck.push(resolve) }) }

  /** The time of the first ack after `at`; Infinity if there was none yet. */
  firstAckAfter (at: number): number { return this.#ackTimes.find((time) => time > at) ?? Infinity }

  /** Sends nothing more, and resolves when everything sent is acked. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#ended
  }

  async #run (): Promise<void> {
    while (this.#send()) {
      const frame = await this.device.next()
      if (frame.type === 'ack') {
        this.acked = frame.id as number
        this.#ackTimes.push(performance.now())
        for (const tell of this.#onAck.splice(0)) tell()
      } else if (frame.type !== 'stalled' && frame.type !== 'live') this.others.push(frame)
    }
  }

  #send (): boolean {
    while (!this.#stopped && this.sent - this.acked < this.#window) this.device.publish(++this.sent, { data: this.sent })
    return this.acked < this.sent
  }
}

/** What is wrong with a topic in which each device's records are 1, 2, 3 … `upTo` of it, each once; empty if nothing is. */
export function mistakes (records: readonly StoredRecord[], upTo: ReadonlyMap<string, number>): string[] {
  const found: string[] = []
  const last = new Map<string, number>()
  for (const { key, value, partition, offset } of records) {
    const name = key ?? ''
    const expected = (last.get(name) ?? 0) + 1
    if (Number(value) !== expected) found.push(`${name}: ${String(value)} at ${partition}/${offset}, where ${expected} was due`)
    last.set(name, Number(value))
  }
  for (const [name, count] of upTo) if (last.get(name) !== count) found.push(`${name} ends at ${last.get(name)}, not at ${count}`)
  return found.slice(0, 10)
}
