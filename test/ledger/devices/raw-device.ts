import { Device, type DeviceOptions } from './device.ts'
import { payload } from './payload.ts'

const PINGS = 0.2
const START_OF_ALL = 0.3

export interface RawOptions extends DeviceOptions {
  /** Whether it asks that pongs wait for Kafka. */
  readonly acks: boolean
}

/** Sends frames and forgets them; where pongs are acks, it asks now and then. */
export class RawDevice extends Device {
  protected override readonly protocol = undefined
  readonly #acks: boolean
  #sent = 0

  constructor (options: RawOptions) {
    super(options)
    this.#acks = options.acks
  }

  override get settled (): boolean { return this.isOpen }

  /** Nothing has to come to a raw socket: while it is away it misses what is written. */
  override has (): boolean { return true }

  protected override query (): { text: string } {
    const parts = [this.#acks ? 'ack=pong' : '', this.random.chance(START_OF_ALL) ? 'since=earliest' : ''].filter((part) => part !== '')
    return { text: parts.length === 0 ? '' : `?${parts.join('&')}` }
  }

  protected override opened (socket: number): void {
    this.#sent = 0
    if (this.#acks) this.ws?.on('pong', (upTo) => { if (Number(upTo.toString()) > 0) this.history.record({ type: 'acked', socket, id: Number(upTo.toString()), partition: -1, offset: -1 }) })
  }

  protected override frame (socket: number, data: Buffer): void {
    const value = data.toString()
    this.history.record({ type: 'delivered', socket, value })
  }

  protected override publish (): void {
    if (this.socket === undefined || this.ws === undefined) return
    const id = ++this.#sent
    const value = payload(this.random, `${this.id}/raw.${this.socket}.${id}`)
    this.history.record({ type: 'published', socket: this.socket, id, value })
    this.ws.send(value)
    if (this.#acks && this.random.chance(PINGS)) this.ws.ping(String(id))
  }
}
