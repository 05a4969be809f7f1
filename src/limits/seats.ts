import { Counts } from '../counts.ts'
import { networkOf } from './address.ts'

export interface SeatLimits {
  readonly maxSockets: number
  readonly maxSocketsPerDevice: number
  /** 0: as many as in all. */
  readonly maxSocketsPerAddress: number
  /** Whether a device may have several sockets, or the newest alone. */
  readonly multiple: 'all' | 'newest'
}

/** Who is here. */
export interface Seated {
  readonly sockets: number
  socketsOf: (device: string) => number
}

export type NoSeat = 'too-many-sockets' | 'too-many-of-device' | 'too-many-of-address'

/** How many sockets may be open: in all, of a device, from an address. */
export class Seats {
  readonly #limits: SeatLimits
  readonly #hub: Seated
  readonly #addresses = new Counts()

  constructor (limits: SeatLimits, hub: Seated) {
    this.#limits = limits
    this.#hub = hub
  }

  /** Why there is no room for one more; undefined: there is. `taken`: it is counted already. */
  refusal (device: string, address: string, taken = 0): NoSeat | undefined {
    const { maxSockets, maxSocketsPerDevice, maxSocketsPerAddress, multiple } = this.#limits
    if (this.#hub.sockets - taken >= maxSockets) return 'too-many-sockets'
    if (multiple === 'all' && this.#hub.socketsOf(device) - taken >= maxSocketsPerDevice) return 'too-many-of-device'
    if (maxSocketsPerAddress > 0 && this.#addresses.of(networkOf(address)) - taken >= maxSocketsPerAddress) return 'too-many-of-address'
    return undefined
  }

  take (address: string): void { this.#addresses.add(networkOf(address)) }

  leave (address: string): void { this.#addresses.remove(networkOf(address)) }
}
