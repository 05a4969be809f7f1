import { Client } from '../client/client.ts'
import type { SocketClass } from '../client/connection.ts'
import { world } from '../client/environment.ts'
import type { Message } from '../client/inbox.ts'
import type { Clock } from '../clock.ts'

const TELEMETRY_MS = 1_000
const MAX_RETRY_MS = 4_000
/** Telemetry of minutes; what a simulated device has to say after a longer absence interests nobody. */
const MAX_BUFFERED_BYTES = 16 * 1024

/** A device as a user would write one: it streams telemetry and answers what it is sent. */
export class SimulatedDevice {
  readonly #url: string
  readonly #socket: SocketClass
  readonly #clock: Clock
  #client: Client | undefined
  #cancel: () => void = () => {}
  #celsius = 20 + Math.random() * 5

  constructor (url: string, socket: SocketClass, clock: Clock) {
    this.#url = url
    this.#socket = socket
    this.#clock = clock
  }

  start (): void {
    const client = this.#client = new Client(this.#url, { WebSocket: this.#socket, maxRetryMs: MAX_RETRY_MS, maxBufferedBytes: MAX_BUFFERED_BYTES }, { ...world, now: this.#clock.now, after: this.#clock.after })
    client.on('message', ({ event, data }: Message) => this.#publish('answer', { to: event ?? null, received: data ?? null }))
    this.#stream()
  }

  stop (): void {
    this.#cancel()
    void this.#client?.close()
  }

  #stream (): void {
    this.#celsius += (Math.random() - 0.5) / 2
    this.#publish('telemetry', { celsius: Math.round(this.#celsius * 100) / 100, upS: Math.round(performance.now() / 1000) })
    this.#cancel = this.#clock.after(TELEMETRY_MS * (0.5 + Math.random()), () => this.#stream())
  }

  /** What cannot be published is left out: there is more to come. */
  #publish (event: string, data: unknown): void {
    this.#client?.publish(data, { event }).catch(() => {})
  }
}
