import { setTimeout as delay } from 'node:timers/promises'
import type { ProtocolDevice, ServerFrame } from '../flow/device.ts'
import type { TestGateway } from '../flow/gateway.ts'
import { Waiting } from '../log/given.ts'

const AT_ONCE = 3
const PAUSE_MS = 50

/** Messages over HTTP to one device, a few at a time without pause, and when they come there. The data is a number that rises. */
export class Messages extends Waiting {
  /** Answered with 201. */
  readonly #stored: number[] = []
  readonly #delivered = new Set<number>()
  readonly #times: number[] = []
  readonly #url: string
  readonly #posting: Promise<unknown>
  #last = 0
  #stopped = false
  #closed = false
  /** Deliveries of what had come before. */
  twice = 0

  constructor (gateway: TestGateway, name: string, device: ProtocolDevice) {
    super()
    this.#url = `${gateway.origin}/v1/devices/${name}/messages`
    device.socket.on('message', (text: Buffer) => this.#hear(JSON.parse(text.toString()) as ServerFrame))
    device.socket.on('close', () => {
      this.#closed = true
      this.changed()
    })
    this.#posting = Promise.all(Array.from({ length: AT_ONCE }, () => this.#post()))
  }

  get isClosed (): boolean { return this.#closed }
  get stored (): number { return this.#stored.length }
  get missing (): number { return this.#stored.filter((data) => !this.#delivered.has(data)).length }

  /** Resolves to the time of the first delivery after `at`. */
  async deliveryAfter (at: number): Promise<number> {
    const found = (): number | undefined => this.#times.find((one) => one > at)
    await this.until(() => this.#closed || found() !== undefined)
    const time = found()
    if (time === undefined) throw new Error('the socket of the listener was closed')
    return time
  }

  /** Sends nothing new, and resolves when all that was stored is there, or has had time to be. */
  async stop (patienceMs: number): Promise<void> {
    this.#stopped = true
    await this.#posting
    await Promise.race([this.until(() => this.#closed || this.missing === 0), delay(patienceMs)])
  }

  #hear ({ type, data }: ServerFrame): void {
    if (type !== 'message') return // it is told of the stall, too
    if (this.#delivered.has(data as number)) this.twice += 1
    this.#delivered.add(data as number)
    this.#times.push(performance.now())
    this.changed()
  }

  async #post (): Promise<void> {
    while (!this.#stopped) {
      const data = ++this.#last
      const response = await fetch(this.#url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data }) })
      await response.arrayBuffer()
      if (response.status === 201) this.#stored.push(data)
      else await delay(PAUSE_MS)
    }
  }
}
