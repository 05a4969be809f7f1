import type { Clock } from '../clock.ts'
import type { Quotas } from './quotas.ts'
import { Rate } from './rate.ts'

/** How often those who are held are looked at. */
const TICK_MS = 20
/** Devices that have gone, and would be held if they came back. Over it the one that went first is forgotten. */
const MAX_GONE = 10_000

/** A socket that can be held: nothing is read from it until it is released. */
export interface Throttled {
  readonly rate: Rate
  throttle: () => void
  release: () => void
}

/** The rates of all devices that are connected here, with one timer for all that are held. */
export class Rates {
  readonly #clock: Clock
  readonly #quotas: Quotas
  readonly #onHold: () => void
  readonly #devices = new Map<string, Rate>()
  readonly #gone = new Set<Rate>()
  readonly #held = new Set<Throttled>()

  constructor (quotas: Quotas, clock: Clock, onHold: () => void) {
    this.#clock = clock
    this.#quotas = quotas
    this.#onHold = onHold
    quotas.onSet = () => { for (const rate of this.#devices.values()) rate.under(rate.quotaClass, quotas.of(rate.quotaClass)) }
  }

  /** Devices that are connected, and those that have gone with something to wait for. */
  get size (): number { return this.#devices.size }

  /** The rate of a device one more socket of which comes. Its class is that of its last socket. */
  enter (device: string, quotaClass: string | undefined): Rate {
    const quota = this.#quotas.of(quotaClass)
    const rate = this.#devices.get(device) ?? new Rate(device, quota, this.#clock)
    this.#devices.set(device, rate)
    this.#gone.delete(rate)
    rate.sockets += 1
    rate.under(quotaClass, quota)
    return rate
  }

  /** It has new credentials. */
  reclass (rate: Rate, quotaClass: string | undefined): void { rate.under(quotaClass, this.#quotas.of(quotaClass)) }

  leave (socket: Throttled): void {
    const { rate } = socket
    this.#held.delete(socket)
    rate.sockets -= 1
    if (rate.sockets > 0) return
    this.#gone.add(rate)
    for (const one of this.#gone) { // the oldest first: those that went later mostly have to wait longer
      if (!one.isRested() && this.#gone.size <= MAX_GONE) break
      this.#gone.delete(one)
      this.#devices.delete(one.device)
    }
  }

  /** It has sent more than it may, by now. */
  hold (socket: Throttled): void {
    if (this.#held.has(socket)) return
    this.#held.add(socket)
    this.#onHold()
    socket.throttle()
    if (this.#held.size === 1) this.#clock.after(TICK_MS, this.#look)
  }

  readonly #look = (): void => {
    for (const socket of this.#held) {
      if (!socket.rate.isWithin()) continue
      this.#held.delete(socket)
      socket.release()
    }
    if (this.#held.size > 0) this.#clock.after(TICK_MS, this.#look)
  }
}
