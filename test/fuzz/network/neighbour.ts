import { ProtocolDevice, openDevice } from '../../flow/device.ts'
import { deviceToken, OPERATOR } from '../draw/tokens.ts'
import { must } from '../kind.ts'

/** No input names it. */
export const NEIGHBOUR = 'the-good-neighbour'
/** Every so often it is sent something, too. */
const SENT_EVERY = 4

/** A device that keeps to all rules, and has to be served whatever the others do. */
export class Neighbour {
  readonly #host: string
  readonly #device: ProtocolDevice
  /** How often it was served, and how long that took at most. */
  served = 0
  slowestMs = 0

  private constructor (host: string, device: ProtocolDevice) {
    this.#host = host
    this.#device = device
  }

  static async enter (host: string): Promise<Neighbour> {
    const device = await openDevice(new ProtocolDevice(`ws://${host}/ws/${NEIGHBOUR}`, ['sluice.v1'], { authorization: `Bearer ${deviceToken(NEIGHBOUR)}` }))
    await device.nextOf('welcome')
    return new Neighbour(host, device)
  }

  /** Publishes and waits for its ack; now and then it is sent a message, too. Rejects where that does not come. */
  async isServed (): Promise<void> {
    const n = ++this.served
    const begun = performance.now()
    await this.#device.stored(n, n)
    if (n % SENT_EVERY === 1) {
      const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' }
      const { status } = await fetch(`http://${this.#host}/v1/devices/${NEIGHBOUR}/messages`, { method: 'POST', headers, body: `{"data":${n}}` })
      must(status === 201, `the neighbour's message was answered with ${status}`)
      const { data } = await this.#device.nextOf('message')
      must(data === n, `the neighbour got ${String(data)} instead of ${n}`)
    }
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begun)
  }
}
