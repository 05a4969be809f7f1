/** A perfect gateway, small enough to be seen through: whatever is drawn for it, the histories that it makes are legal. */

import fc from 'fast-check'
import type { Happening, Stored } from './history/event.ts'
import { cursor } from './story.ts'

const DEVICES = 3
const PARTITIONS = 2

export interface Move { readonly verb: typeof VERBS[number], readonly device: number, readonly choice: number }

const VERBS = ['open', 'publish', 'answer', 'write', 'deliver', 'tell', 'close'] as const

export const moves: fc.Arbitrary<Move[]> = fc.array(fc.record({
  verb: fc.constantFrom(...VERBS), device: fc.nat(DEVICES - 1), choice: fc.nat(9)
}), { maxLength: 80, size: 'max' })

interface Device {
  readonly id: string
  readonly partition: number
  socket: number
  lastId: number
  /** Not acked, and how often each is open on this connection. */
  readonly unacked: Map<number, number>
  /** Where its connection stands in the downlink. */
  at: number
  readonly cursors: Array<{ offset: number, event: number }>
}

/** All devices come back at the end, and get what they are due. */
export function legalHistory (drawn: readonly Move[]): Happening[] {
  const gateway = new Gateway()
  for (const move of drawn) gateway.move(move)
  return gateway.end()
}

class Gateway {
  #events: Happening[] = []
  #stored: Stored[] = []
  #sockets = 0
  #values = 0
  #devices = Array.from({ length: DEVICES }, (_, n): Device => ({ id: `d${n}`, partition: n % PARTITIONS, socket: 0, lastId: 0, unacked: new Map(), at: 0, cursors: [] }))

  move ({ verb, device: n, choice }: Move): void {
    const device = this.#devices[n] as Device
    if (verb === 'write') return this.#write(device)
    if (verb === 'open') return device.socket === 0 ? this.#open(device, choice) : undefined
    if (device.socket === 0) return
    if (verb === 'publish') this.#publish(device, ++device.lastId)
    if (verb === 'answer') this.#answer(device, choice)
    if (verb === 'deliver') this.#deliver(device)
    if (verb === 'tell') this.#tell(device)
    if (verb === 'close') this.#close(device, choice)
  }

  end (): Happening[] {
    for (const device of this.#devices) {
      if (device.socket === 0) this.#open(device, 0)
      this.#store(device, Infinity)
      while (this.#deliver(device));
      this.#events.push({ type: 'live', socket: device.socket })
    }
    this.#events.push({ type: 'ended', devices: this.#devices.map(({ id }) => id) })
    return [...this.#events, ...this.#stored]
  }

  #log (topic: Stored['topic'], partition: number): Stored[] {
    return this.#stored.filter((record) => record.topic === topic && record.partition === partition)
  }

  /** With the last cursor, an older one, or none; what is not acked is sent again. */
  #open (device: Device, choice: number): void {
    const { id, partition } = device
    const socket = device.socket = ++this.#sockets
    const kept = choice === 9 ? undefined : device.cursors.at(choice > 6 ? -2 : -1)
    const since = kept === undefined ? {} : { since: cursor(partition, kept.offset), sinceEvent: kept.event }
    this.#events.push({ type: 'opened', socket, device: id, mode: 'sluice.v1', instance: 0, ...since })
    device.at = kept?.offset ?? this.#log('downlink', partition).length
    this.#events.push({ type: 'welcomed', socket, session: 's', resuming: kept !== undefined })
    const again = [...device.unacked.keys()]
    device.unacked.clear()
    for (const one of again) this.#publish(device, one)
  }

  #publish (device: Device, id: number): void {
    device.unacked.set(id, 1)
    this.#events.push({ type: 'published', socket: device.socket, id, value: `#${device.id}.${id}#` })
  }

  /** Some are stored and acked; or all are refused, the first with an unknown outcome, and sent again. */
  #answer (device: Device, choice: number): void {
    if (choice > 3) return this.#store(device, choice - 3)
    const open = [...device.unacked.keys()]
    open.forEach((id, n) => {
      if (n === 0 && choice > 1) this.#append(device, id)
      this.#events.push({ type: 'refused', socket: device.socket, id, code: 'x', temporary: true, outcome: n === 0 ? 'unknown' : 'not-stored' })
    })
    for (const id of open) this.#publish(device, id)
  }

  #store (device: Device, most: number): void {
    const ids = [...device.unacked.keys()].slice(0, most)
    for (const id of ids) {
      this.#append(device, id)
      device.unacked.delete(id)
    }
    const id = ids.at(-1)
    if (id !== undefined) this.#events.push({ type: 'acked', socket: device.socket, id, partition: device.partition, offset: this.#log('uplink', device.partition).length - 1 })
  }

  #append ({ id: key, partition }: Device, id: number): void {
    this.#stored.push({ type: 'stored', topic: 'uplink', partition, offset: this.#log('uplink', partition).length, key, value: `#${key}.${id}#`, id: `s:${id}` })
  }

  #write ({ id: key, partition }: Device): void {
    const value = `#w${++this.#values}#`
    this.#events.push({ type: 'written', device: key, value })
    this.#stored.push({ type: 'stored', topic: 'downlink', partition, offset: this.#log('downlink', partition).length, key, value })
  }

  /** The next record of its own; returns whether there was one. */
  #deliver (device: Device): boolean {
    const record = this.#log('downlink', device.partition).find(({ key, offset }) => key === device.id && offset >= device.at)
    if (record === undefined) return false
    device.at = record.offset + 1
    const event = this.#events.push({ type: 'delivered', socket: device.socket, value: record.value, cursor: cursor(device.partition, device.at) }) - 1
    device.cursors.push({ offset: device.at, event })
    return true
  }

  /** A cursor frame: what is not its own is passed over. */
  #tell (device: Device): void {
    const log = this.#log('downlink', device.partition)
    while (log[device.at] !== undefined && log[device.at]?.key !== device.id) device.at++
    const event = this.#events.push({ type: 'cursor', socket: device.socket, cursor: cursor(device.partition, device.at) }) - 1
    device.cursors.push({ offset: device.at, event })
  }

  /** What was on its way up may have been stored. */
  #close (device: Device, choice: number): void {
    for (const id of [...device.unacked.keys()].slice(0, choice)) this.#append(device, id)
    this.#events.push({ type: 'closed', socket: device.socket, code: 1006, reason: '', own: false })
    device.socket = 0
  }
}
