import { setTimeout as delay } from 'node:timers/promises'
import type { Producer } from 'kafkajs'
import { WebSocket } from 'ws'
import { Chain } from './chain.ts'

/** So long that frames which nobody reads fill Node's buffer, and then the kernel's. */
const PAD = 'x'.repeat(100)
/** The embedded broker holds 16 MiB of a partition: nobody must be further behind than that. */
const BETWEEN_ROUNDS_MS = 2
const CONFIRMS = 0.05
const MOST_BEHIND = 20

/** Comes back under a name, and is sent 1, 2, 3 … over any number of connections. */
export abstract class Receiver {
  readonly name: string
  readonly chain: Chain
  protected socket: WebSocket | undefined
  #isAbandoned = false
  readonly #told: () => void

  constructor (name: string, told: () => void) {
    this.name = name
    this.chain = new Chain(name)
    this.#told = told
  }

  protected abstract readonly protocols: string[]
  protected abstract frame (text: string): void
  protected abstract begin (socket: WebSocket): void

  /** One connection's life. Resolves to the code with which it ended. */
  async live (origin: string): Promise<number> {
    const socket = this.socket = new WebSocket(`${origin.replace('http', 'ws')}/ws/${this.name}?resume=main`, this.protocols)
    this.#isAbandoned = false
    this.chain.opened()
    socket.on('error', () => {}) // close follows
    socket.on('message', (data: Buffer) => { if (!this.#isAbandoned) this.frame(data.toString()) })
    this.begin(socket)
    return await new Promise((resolve) => socket.once('close', resolve))
  }

  get isStuck (): boolean { return this.socket?.isPaused === true }

  /** The gateway is dead. A socket that is not read would never hear of it: what it holds unread is thrown away. */
  abandon (): void {
    if (!this.isStuck) return
    this.#isAbandoned = true
    this.socket?.terminate()
  }

  protected took (n: number): void {
    this.chain.took(n)
    this.#told()
  }
}

/** Speaks sluice.v1, and now and then says that it has handled what came some time ago. */
export class SayingReceiver extends Receiver {
  protected override readonly protocols = ['sluice.v1']
  #lately: Array<{ n: number, cursor: string }> = []

  protected override begin (): void { this.#lately = [] }

  protected override frame (text: string): void {
    const { type, data, cursor } = JSON.parse(text) as { type: string, data: [number, string], cursor: string }
    if (type === 'gap') this.chain.mistakes.push(`${this.name} was told of a gap: ${text}`)
    if (type !== 'message') return
    this.took(data[0])
    this.#lately = [...this.#lately, { n: data[0], cursor }].slice(-MOST_BEHIND)
    if (Math.random() > CONFIRMS) return
    const said = this.#lately[Math.floor(Math.random() * this.#lately.length)] as { n: number, cursor: string }
    this.socket?.send(JSON.stringify({ type: 'received', cursor: said.cursor }))
    this.chain.told(said.n)
  }
}

/** Raw: nothing but the pongs of its WebSocket library say what it has read. */
export class RawReceiver extends Receiver {
  protected override readonly protocols = []

  protected override begin (socket: WebSocket): void {
    socket.on('ping', () => this.chain.told(this.chain.got))
  }

  protected override frame (text: string): void { this.took((JSON.parse(text) as [number, string])[0]) }
}

/** Raw, and at some time it stops to read, until the socket ends: what is sent from then on is sent, and never received. */
export class StuckReceiver extends RawReceiver {
  sticks = true

  protected override begin (socket: WebSocket): void {
    super.begin(socket)
    let pings = Math.floor(Math.random() * 3)
    let frames = Math.floor(Math.random() * 100)
    socket.on('ping', () => { pings -= 1 })
    socket.on('message', () => { if (this.sticks && pings <= 0 && frames-- <= 0) socket.pause() })
  }
}

/** Writes to each of these devices 1, 2, 3 … without pause. */
export class Commands {
  written = 0
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>

  constructor (producer: Producer, topic: string, devices: readonly Receiver[]) {
    const write = async (): Promise<void> => {
      while (!this.#stopping.signal.aborted) {
        const value = JSON.stringify([this.written + 1, PAD])
        await producer.send({ topic, acks: -1, messages: devices.map(({ name }) => ({ key: name, value })) })
        this.written += 1
        await delay(BETWEEN_ROUNDS_MS)
      }
    }
    this.#ended = write()
  }

  async stop (): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }
}
