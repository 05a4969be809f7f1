import type { Clock } from '../clock.ts'
import type { Session } from '../session/session.ts'
import type { RecordView } from '../wire/record-view.ts'
import { Delivery } from './delivery.ts'

/** A device that is connected here, and its sockets. */
export interface Device {
  readonly id: string
  readonly sessions: Session[]
  readonly connectedMs: number
}

const MAX_ID_BYTES = 128

/** Which devices are connected to this instance, and the way of a downlink record to their sockets. */
export class Hub {
  #devices = new Map<string, Device>()
  #sockets = 0
  /** Records that reached their device here and do not lie in its home. */
  misplaced = 0
  #onMisplaced: (record: { device: string, partition: number }) => void

  onDelay: (delayMs: number) => void = () => {}
  #clock: Clock
  #measuredMs = 0

  constructor (clock: Clock, onMisplaced: (record: { device: string, partition: number }) => void) {
    this.#clock = clock
    this.#onMisplaced = onMisplaced
  }

  get sockets (): number { return this.#sockets }
  get devices (): number { return this.#devices.size }

  sessionsOf (device: string): readonly Session[] { return this.#devices.get(device)?.sessions ?? [] }

  socketsOf (device: string): number { return this.sessionsOf(device).length }

  add (session: Session): void {
    this.#sockets += 1
    const device = this.#devices.get(session.device)
    if (device === undefined) this.#devices.set(session.device, { id: session.device, sessions: [session], connectedMs: this.#clock.now() })
    else device.sessions.push(session)
  }

  remove (session: Session): void {
    const device = this.#devices.get(session.device)
    const at = device?.sessions.indexOf(session) ?? -1
    if (device === undefined || at === -1) return
    this.#sockets -= 1
    device.sessions.splice(at, 1)
    if (device.sessions.length === 0) this.#devices.delete(session.device)
  }

  get (device: string): Device | undefined { return this.#devices.get(device) }

  * list (): Generator<Device> { yield * this.#devices.values() }

  * sessions (): Generator<Session> {
    for (const { sessions } of this.#devices.values()) yield * sessions
  }

  /** A record that was stored just now. One for a device that is elsewhere costs the look-up and nothing more. */
  deliver (partition: number, record: RecordView, cursorHead: string): void {
    if (record.keyLength <= 0 || record.keyLength > MAX_ID_BYTES) return
    const device = this.#devices.get(record.asciiKey())
    if (device === undefined) return
    const delivery = new Delivery(record, { cursorHead })
    let isHome = false
    for (const { downlink } of device.sessions) {
      if (downlink.following.isHome(partition)) isHome = true
      if (!downlink.following.isBehind(partition)) downlink.deliver(delivery, partition)
    }
    if (!isHome) this.#misplace(device.id, partition)
    this.#measure(record.timeMs)
  }

  #misplace (device: string, partition: number): void {
    this.misplaced += 1
    if (this.misplaced === 1) this.#onMisplaced({ device, partition })
  }

  #measure (timeMs: number): void {
    const now = this.#clock.now()
    if (now === this.#measuredMs) return
    this.#measuredMs = now
    this.onDelay(Math.max(0, now - timeMs))
  }
}
