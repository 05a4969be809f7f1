/** A client in a world that a test holds: time, the network, and a server that does what the test says. */

import { setImmediate as turn } from 'node:timers/promises'
import { Client } from '../../src/client/client.ts'
import type { Answer } from '../../src/client/environment.ts'
import type { Change, Kept, Store } from '../../src/client/journal.ts'
import type { Options, State } from '../../src/client/options.ts'
import { HeldClock } from '../flow/held-clock.ts'

/** The server's end of a socket, and what the client sees of it. */
export class FakeSocket {
  readonly url: URL
  readonly protocols: string[]
  readonly sent: Array<Record<string, unknown>> = []
  isOpen = true
  onmessage: ((event: { data: string }) => void) | undefined
  onclose: ((event: { code: number, reason: string }) => void) | undefined

  constructor (url: string, protocols: string[]) {
    this.url = new URL(url)
    this.protocols = protocols
  }

  send (text: string): void { this.sent.push(JSON.parse(text) as Record<string, unknown>) }

  close (): void {
    this.isOpen = false
    this.onclose?.({ code: 1005, reason: '' })
  }

  /** The server says it. */
  say (frame: object | string): void { this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) }) }

  welcome (more: object = {}): void {
    this.say({ type: 'welcome', device: 'd', session: this.url.searchParams.get('session'), storage: 'kafka', heartbeatMs: 30_000, limits: { maxFrameBytes: 1_000, inFlight: 4, outboxBytes: 1_000 }, resuming: false, ...more })
  }

  /** The server, or the network, ends it. */
  end (code = 1006, reason = ''): void {
    this.isOpen = false
    this.onclose?.({ code, reason })
  }
}

export class World {
  readonly clock = new HeldClock()
  readonly sockets: FakeSocket[] = []
  #life = { goesOn: true }
  /** What the plain GET is answered with. */
  answer: (url: URL, headers: Record<string, string>) => Promise<Answer> = async () => ({ status: 426, json: async () => ({}) })
  luck = 1
  now = this.clock.now
  after = this.clock.after

  get socket (): FakeSocket { return this.sockets.at(-1) as FakeSocket }
  get open (): FakeSocket[] { return this.sockets.filter(({ isOpen }) => isOpen) }

  connect (options: Options = {}, url = 'ws://gateway/ws/d'): Client {
    const { sockets } = this
    class Socket extends FakeSocket {
      constructor (url: string, protocols: string[]) {
        super(url, protocols)
        sockets.push(this)
      }
    }
    const life = this.#life
    return new Client(url, { WebSocket: Socket, ...options }, {
      now: this.now,
      random: () => this.luck,
      after: (ms, fn) => this.after(ms, () => { if (life.goesOn) fn() }),
      fetch: async (url, init) => life.goesOn ? await this.answer(url, init.headers) : await new Promise(() => {})
    })
  }

  /** The programs die in which the clients were: nothing of them happens any more. */
  crash (): void {
    this.#life.goesOn = false
    this.#life = { goesOn: true }
    for (const socket of this.open) {
      socket.onmessage = socket.onclose = undefined
      socket.isOpen = false
    }
  }

  /** A client that has been welcomed, and its states from then on. */
  async live (options: Options = {}, more: object = {}): Promise<{ client: Client, states: State[] }> {
    const client = this.connect(options)
    await turn()
    const states = statesOf(client)
    this.socket.welcome(more)
    return { client, states }
  }

  async advance (ms: number): Promise<void> {
    this.clock.advance(ms)
    await turn()
  }
}

export function statesOf (client: Client): State[] {
  const states: State[] = []
  client.on('state', (state) => states.push(state))
  return states
}

/** A disk that a test can hold up; what was written outlives the client. */
export class MemoryStore implements Store {
  kept: Kept | undefined
  isHeld = false
  #held: Array<() => void> = []
  opened = 0

  async open (): Promise<Kept | undefined> {
    this.opened += 1
    return structuredClone(this.kept)
  }

  async write (change: Change): Promise<void> {
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve))
    this.kept = applied(this.kept, change)
  }

  async close (): Promise<void> { this.opened -= 1 }

  /** What waits reaches the disk. */
  flush (): void { for (const go of this.#held.splice(0)) go() }

  /** What waits never does. */
  crash (): void { this.#held = [] }
}

function applied (kept: Kept = { session: '', lastId: 0, frames: [] }, { put, drop, ...rest }: Change): Kept {
  return { ...kept, ...rest, frames: [...kept.frames, ...put].filter(([id]) => !drop.includes(id)) }
}

export { turn }
