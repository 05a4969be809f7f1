import { once } from 'node:events'
import { openDevice, ProtocolDevice, RawDevice } from '../flow/device.ts'
import type { StoredRecord } from '../flow/kafka.ts'

const WINDOW = 16

/**
 * A device that sends 1, 2, 3 … over any number of connections. On each it begins again behind what it knows to be stored, so
 * that a repeat, and nothing else, may stand in the topic twice.
 */
export abstract class Resender {
  readonly name: string
  stored = 0
  readonly #told: () => void

  constructor (name: string, told: () => void) {
    this.name = name
    this.#told = told
  }

  /** One connection's life. Resolves to the code with which it ended. */
  abstract live (origin: string): Promise<number>

  protected known (upTo: number): void {
    this.stored = upTo
    this.#told()
  }
}

/** Speaks sluice.v1, under one producer session. */
export class AckResender extends Resender {
  override async live (origin: string): Promise<number> {
    const device = await openDevice(new ProtocolDevice(`${origin.replace('http', 'ws')}/ws/${this.name}?session=one`, ['sluice.v1']))
    const sending = async (): Promise<void> => {
      await device.nextOf('welcome')
      for (let sent = this.stored; ; this.known((await device.nextOf('ack')).id as number)) {
        while (sent < this.stored + WINDOW) device.publish(++sent, { data: sent })
      }
    }
    await sending().catch(() => {})
    return (await device.ended).code
  }
}

/** Raw, with nothing but the pongs to its pings. */
export class PongResender extends Resender {
  override async live (origin: string): Promise<number> {
    const device = await openDevice(new RawDevice(`${origin.replace('http', 'ws')}/ws/${this.name}?ack=pong`))
    const gone = device.ended.then(({ code }) => { throw new Error(`ended with ${code}`) })
    const sending = async (): Promise<void> => {
      for (let sent = this.stored; ;) {
        while (sent < this.stored + WINDOW) device.send(String(++sent))
        device.socket.ping(String(sent))
        const [payload] = await Promise.race([once(device.socket, 'pong'), gone]) as [Buffer]
        this.known(Number(payload))
      }
    }
    await sending().catch(() => {})
    return (await device.ended).code
  }
}

/** What is missing of what they know to be stored, or out of order once repeats are dropped; empty if nothing is. */
export function losses (records: readonly StoredRecord[], devices: readonly Resender[]): string[] {
  const highest = new Map<string, number>()
  const found: string[] = []
  for (const { key, value, partition, offset } of records) {
    const name = key as string
    const before = highest.get(name) ?? 0
    if (Number(value) <= before) continue
    if (Number(value) !== before + 1) found.push(`${name}: ${String(value)} after ${before}, at ${partition}/${offset}`)
    highest.set(name, Number(value))
  }
  for (const { name, stored } of devices) {
    const last = highest.get(name) ?? 0
    if (last < stored) found.push(`${name}: ${stored} are known to be stored, and ${last} are there`)
  }
  return found.slice(0, 10)
}
