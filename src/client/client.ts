/// <reference lib="esnext.disposable" preserve="true" />

import { ageing } from './age.ts'
import type { Connection, SocketClass } from './connection.ts'
import { Dialer } from './dialer.ts'
import { encodeBody } from './encode.ts'
import { world, type Environment } from './environment.ts'
import { Events as Emitter } from './events.ts'
import type { ServerFrame, Welcome } from './frames.ts'
import { Inbox, type Message } from './inbox.ts'
import { Journal } from './journal.ts'
import type { Events, Options, PublishOptions, State } from './options.ts'
import type { Stored } from './outbox.ts'
import { PublishError } from './publish-error.ts'
import { Publisher } from './publisher.ts'
import { Receipts } from './receipts.ts'
import { Status } from './status.ts'
import { Watches } from './watches.ts'

const SESSION = /^[\w-]{1,48}$/
const MAX_BUFFERED_BYTES = 1024 * 1024
const MIN_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000

/** A device's end of the line: publishes until they are acked, takes messages, and comes back by itself. */
export class Client implements AsyncIterable<Message> {
  readonly #options: Options
  readonly #url: URL
  readonly #events = new Emitter<Events>()
  readonly #inbox: Inbox
  readonly #receipts: Receipts
  readonly #watches = new Watches()
  readonly #status = new Status((state) => {
    this.#events.emit('state', state)
    this.#events.emit(state.name, state as never)
  }, () => this.#watches.areAwaited)

  readonly #publisher: Publisher
  readonly #dialer: Dialer
  readonly #journal: Journal | undefined
  readonly #opening: Promise<void>
  readonly #since: () => string | undefined
  #session: string
  #isOwnEnd = false
  #ended: Promise<void> | undefined

  constructor (url: string | URL, options: Options = {}, environment: Environment = world) {
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: SocketClass }).WebSocket
    if (Socket === undefined) throw new TypeError('There is no WebSocket here; pass one as options.WebSocket.')
    const { since, resume, session, store, signal, maxBufferedBytes: maxBytes = MAX_BUFFERED_BYTES, minRetryMs = MIN_RETRY_MS, maxRetryMs = MAX_RETRY_MS } = options
    if (since !== undefined && resume !== undefined) throw new TypeError('since and resume exclude each other.')
    if (session !== undefined && !SESSION.test(session)) throw new TypeError('A session has 1-48 characters A-Z a-z 0-9 _ -')
    const bounds = { maxBytes, minRetryMs, maxRetryMs }
    this.#options = options
    this.#since = ageing(since, environment.now)
    this.#url = new URL(url, (globalThis as { document?: { baseURI: string } }).document?.baseURI)
    this.#url.protocol = this.#url.protocol.replace('http', 'ws')
    this.#session = session ?? newSession()
    if (store !== undefined) {
      this.#journal = new Journal(store, {
        written: () => this.#publisher.pump(),
        failed: (error) => this.#end(`The store failed: ${(error as Error).message}`)
      })
    }
    const lastId = session === undefined ? 0 : environment.now() * 1000
    this.#publisher = new Publisher(bounds, environment, this.#journal, lastId)
    this.#receipts = new Receipts(environment)
    this.#inbox = new Inbox({
      handled: (cursor) => resume === undefined ? this.#journal?.cursor(cursor) : this.#receipts.handled(cursor),
      drained: () => this.#dialer.redial('Messages that had found no room are asked for again.'),
      dropped: () => this.#events.emit('gap', { type: 'gap', reason: 'not-taken', message: 'Messages came faster than this program took them, and are lost to it.' })
    }, maxBytes)
    this.#dialer = new Dialer(Socket, environment, {
      address: () => this.#address(),
      getToken: options.getToken,
      dialling: () => this.#status.lost({ name: 'connecting' }),
      welcomed: (welcome, connection) => this.#welcomed(welcome, connection),
      frame: (frame, text) => this.#take(frame, text),
      lost: (why, retryAt) => this.#letGo({ name: 'connecting', why, retryAt }),
      refused: (why, code) => this.#end(why, code)
    }, bounds)
    this.#opening = this.#open(lastId)
    signal?.addEventListener('abort', this.#onAbort)
    if (signal?.aborted === true) this.#onAbort()
    target.addEventListener?.('online', this.#onOnline)
  }

  get state (): State { return this.#status.state }
  get session (): string { return this.#session }
  /** How many publishes are not acked yet, those of an earlier life of the store included. */
  get pending (): number { return this.#publisher.size }

  /** Listens; the result ends it. Messages go to listeners where there are any, else to who iterates. */
  on<Name extends keyof Events> (name: Name, listener: (event: Events[Name]) => void): () => void {
    const off = this.#events.on(name, listener)
    if (name === 'message') this.#inbox.empty(this.#hand)
    return off
  }

  /**
   * Publishes any JSON, or bytes. Resolves when Kafka has it; rejects with a `PublishError` when it has failed for good. Sent again
   * by itself as long as neither is known. Over `maxBufferedBytes` it rejects with `buffer-full`: await `ready()` before.
   */
  async publish (data: unknown, { event, signal }: PublishOptions = {}): Promise<Stored> {
    const body = encodeBody(data, event) // at once: what is changed in the data later does not count
    await this.#opening
    signal?.throwIfAborted()
    this.#throwIfEnded()
    return await this.#publisher.publish(body, signal)
  }

  /** Resolves when there is room for a publish; where the bound was reached, when half of it is free. */
  async ready (): Promise<void> {
    await this.#opening
    await this.#publisher.ready()
    this.#throwIfEnded()
  }

  /** Follows the uplink of a device, or of all: `*`. Kept over reconnects; told by `watching`. */
  watch (device: string): void {
    this.#watches.watch(device)
    this.#status.tell()
  }

  unwatch (device: string): void {
    this.#watches.unwatch(device)
    this.#status.tell()
  }

  /** While it waits to come back: comes back at once. */
  reconnect (): void { this.#dialer.hurry() }

  /** Ends it. Publishes that were not acked reject; in a store they stay. Resolves when the store is let go. */
  async close (): Promise<void> {
    this.#isOwnEnd ||= this.#ended === undefined
    this.#end('This program closed it.')
    await this.#ended
  }

  [Symbol.asyncDispose] (): Promise<void> { return this.close() }

  /** Ends when this program closes the client, and throws when anything else does. */
  [Symbol.asyncIterator] (): AsyncIterator<Message, undefined> {
    let message: Message | undefined
    return {
      next: async () => {
        if (message !== undefined && this.#options.acknowledge !== 'manual') message.received()
        message = await this.#inbox.next()
        if (message !== undefined) return { value: message, done: false }
        if (!this.#isOwnEnd) this.#throwIfEnded()
        return { value: undefined, done: true }
      },
      return: async () => ({ value: undefined, done: true })
    }
  }

  /** `lastId`: where the ids begin if no store says it. */
  async #open (lastId: number): Promise<void> {
    let kept
    try {
      kept = await this.#journal?.open()
    } catch (error) {
      return this.#end(`The store cannot be opened: ${(error as Error).message}`)
    }
    if (this.#ended !== undefined) return
    if (kept === undefined) this.#journal?.begin(this.#session, lastId)
    else {
      this.#session = kept.session
      this.#publisher.restore(kept)
      this.#inbox.cursor = kept.cursor
    }
    void this.#dialer.dial()
  }

  #address (): URL {
    const url = new URL(this.#url)
    const { resume } = this.#options
    const from = this.#inbox.cursor ?? this.#since()
    url.searchParams.set('session', this.#session)
    if (resume !== undefined) url.searchParams.set('resume', resume)
    else if (from !== undefined) url.searchParams.set('since', from)
    return url
  }

  #welcomed (welcome: Welcome, connection: Connection): void {
    const send = (text: string): void => connection.send(text)
    this.#status.welcomed(welcome)
    this.#inbox.begin(welcome.cursor, this.#options.resume !== undefined)
    this.#watches.connected(send)
    this.#receipts.connected(send)
    this.#publisher.connected({ limits: welcome.limits, send })
    this.#status.tell()
  }

  #take (frame: ServerFrame, text: string): void {
    switch (frame.type) {
      case 'ack': return this.#publisher.acked(frame)
      case 'refused': return this.#publisher.refused(frame)
      case 'message': return this.#inbox.add(frame, text, this.#events.has('message') ? this.#hand : undefined)
      case 'cursor': return this.#inbox.stand(frame.cursor)
      case 'gap': return this.#events.emit('gap', frame)
      case 'stalled': return this.#status.stalled(frame.message)
      case 'live':
        this.#inbox.stand(frame.cursor)
        return this.#status.live()
      case 'watching':
        this.#watches.answered(frame.devices, frame.denied)
        this.#events.emit('watching', frame.devices)
        return this.#status.tell()
      default: // what a later server may say
    }
  }

  #letGo (state: State): void {
    this.#watches.connected(undefined)
    this.#receipts.connected(undefined)
    this.#publisher.connected(undefined)
    this.#status.lost(state)
  }

  readonly #hand = (message: Message): void => {
    this.#events.emit('message', message)
    if (this.#options.acknowledge !== 'manual') message.received()
  }

  #end (why: string, code?: number): void {
    if (this.#ended !== undefined) return
    this.#receipts.tell()
    this.#ended = Promise.resolve(this.#journal?.close())
    this.#dialer.stop()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    target.removeEventListener?.('online', this.#onOnline)
    this.#letGo({ name: 'closed', why, code })
    this.#publisher.close(why)
    this.#inbox.close(this.#isOwnEnd)
  }

  #throwIfEnded (): void {
    if (this.state.name === 'closed') throw new PublishError('closed', this.state.why, false, 'not-stored')
  }

  readonly #onAbort = (): void => { void this.close() }
  readonly #onOnline = (): void => this.#dialer.hurry()
}

/** Browsers tell when the network is back. */
const target = globalThis as {
  addEventListener?: (name: string, listener: () => void) => void
  removeEventListener?: (name: string, listener: () => void) => void
}

function newSession (): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function connect (url: string | URL, options?: Options): Client {
  return new Client(url, options)
}
