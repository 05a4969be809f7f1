import type { ProtocolDevice } from '../flow/device.ts'

const EVERY_MS = 50

export interface Delays { readonly p50: number, readonly p99: number }

/** Well-behaved devices: each publishes a frame every 50 ms, so many times, and waits for each ack. In milliseconds to the ack. */
export class Neighbours {
  readonly devices: readonly ProtocolDevice[]
  #id = 0

  constructor (devices: readonly ProtocolDevice[]) {
    this.devices = devices
  }

  get areHere (): boolean { return this.devices.every(({ socket }) => socket.readyState === socket.OPEN) }

  async send (times: number): Promise<Delays> {
    const tookMs: number[] = []
    for (let round = 0; round < times; round++) {
      const id = ++this.#id
      const from = performance.now()
      await Promise.all(this.devices.map(async (device) => {
        await device.stored(id, round)
        tookMs.push(performance.now() - from)
      }))
      const restMs = EVERY_MS - (performance.now() - from)
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs)) // the pace of a device, not a wait for something
    }
    tookMs.sort((a, b) => a - b)
    const at = (share: number): number => Math.round(tookMs[Math.floor(tookMs.length * share)] as number * 10) / 10
    return { p50: at(0.5), p99: at(0.99) }
  }
}
