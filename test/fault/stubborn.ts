import type { ProtocolDevice, ServerFrame } from '../flow/device.ts'
import type { StoredRecord } from '../flow/kafka.ts'
import { Waiting } from '../log/given.ts'

const PAUSE_MS = 100

/**
 * A device that publishes without pause, a window ahead of its acks, and keeps to the protocol's rule: what is refused for now
 * it sends again from there on, in order, after a pause. The data is the id.
 */
export class Stubborn extends Waiting {
  readonly device: ProtocolDevice
  readonly name: string
  readonly ackTimes: number[] = []
  /** Refusals by code. */
  readonly refusals = new Map<string, number>()
  acked = 0
  #sent = 0
  #stopped = false
  #closed = false
  #pausing = false
  readonly #window: number

  constructor (name: string, device: ProtocolDevice, window: number) {
    super()
    this.name = name
    this.device = device
    this.#window = window
    device.socket.on('message', (text: Buffer) => this.#hear(JSON.parse(text.toString()) as ServerFrame))
    device.socket.on('close', () => {
      this.#closed = true
      this.changed()
    })
    this.#fill()
  }

  /** Resolves to the time of the first ack after `at`. */
  async ackAfter (at: number): Promise<number> {
    const found = (): number | undefined => this.ackTimes.find((one) => one > at)
    await this.#open(() => found() !== undefined)
    return found() as number
  }

  /** Sends nothing new, and resolves when everything is acked. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#open(() => this.acked >= this.#sent)
  }

  /** Waits for something while the socket is open. */
  async #open (met: () => boolean): Promise<void> {
    await this.until(() => this.#closed || met())
    if (!met()) throw new Error(`the socket of ${this.name} was closed`)
  }

  #hear (frame: ServerFrame): void {
    if (frame.type === 'ack') {
      this.acked = frame.id as number
      this.ackTimes.push(performance.now())
      this.#fill()
    } else if (frame.type === 'refused') {
      const code = String(frame.code)
      this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
      if (frame.temporary !== true) throw new Error(`${this.name} was refused for good: ${JSON.stringify(frame)}`)
      this.#againFrom(frame.id as number)
    }
    this.changed()
  }

  /** Refusals come in order, so the first that is heard of is where to begin; the others follow from it. */
  #againFrom (id: number): void {
    if (this.#pausing) return
    this.#pausing = true
    setTimeout(() => {
      this.#pausing = false
      for (let next = id; next <= this.#sent; next++) this.device.publish(next, { data: next })
    }, PAUSE_MS)
  }

  #fill (): void {
    while (!this.#stopped && !this.#pausing && this.#sent - this.acked < this.#window) this.device.publish(++this.#sent, { data: this.#sent })
  }
}

/**
 * What is wrong with a topic in which, once repeats are dropped as docs/protocol.md tells readers to, each device's records
 * are 1, 2, 3 … up to its last ack; empty if nothing is.
 */
export function mistakesBesideRepeats (records: readonly StoredRecord[], devices: readonly Stubborn[]): string[] {
  const found: string[] = []
  const highest = new Map<string, number>()
  for (const { key, value, headers, partition, offset } of records) {
    const name = key ?? ''
    const id = Number(headers['sluice-id']?.split(':')[1])
    const last = highest.get(name) ?? 0
    if (id !== Number(value)) found.push(`${name}: ${String(value)} at ${partition}/${offset} calls itself ${id}`)
    if (id <= last) continue
    if (id !== last + 1) found.push(`${name}: ${id} at ${partition}/${offset}, where ${last + 1} was due`)
    highest.set(name, id)
  }
  for (const { name, acked } of devices) if ((highest.get(name) ?? 0) < acked) found.push(`${name} ends at ${highest.get(name)}, not at ${acked}`)
  return found.slice(0, 10)
}
