import { Device, type DeviceOptions } from './device.ts'
import { payload } from './payload.ts'

const BACK_OFF_MS = [20, 200] as const
/** It stops publishing new ones while so many are open: a page would hold back as well. */
const MOST_OPEN = 64
const OLD_CURSOR = 0.1
const START_OF_ALL = 0.2
/** Both mean everything: no run takes an hour. */
const ALL = ['earliest', '-1h'] as const
const GIVES_UP = 0.02

interface Frame { type: string, id: number, session: string, partition: number, offset: number, code: string, temporary: boolean, outcome: 'not-stored' | 'unknown', cursor?: string, resuming?: boolean, reason: string, message: string, data?: unknown, base64?: string }
interface Kept { readonly cursor: string, readonly event: number }

export interface ProtocolOptions extends DeviceOptions {
  /** Whether it resumes with cursors. Else each connection is live. */
  readonly resumes: boolean
  /** After a refusal it sends again as soon as it may, not only when all that is open was answered. */
  readonly eager: boolean
}

/** Speaks sluice.v1 by the book: un-acked publishes are kept, and sent again in the order of their ids. */
export class ProtocolDevice extends Device {
  protected override readonly protocol = 'sluice.v1'
  readonly #resumes: boolean
  readonly #eager: boolean
  /** Welcomed. */
  #ready = false
  /** Neither behind nor stalled, as far as it was told. */
  #isLive = false
  #session: string
  #sessions = 0
  #lastId = 0
  /** By id, in order. */
  readonly #open = new Map<number, string>()
  /** How often each id was sent on this connection and not answered yet. */
  #underWay = new Map<number, number>()
  #againFrom = Infinity
  #backOff: NodeJS.Timeout | undefined
  readonly #values = new Set<string>()
  #cursor: Kept | undefined
  #older: Kept | undefined

  constructor (options: ProtocolOptions) {
    super(options)
    this.#resumes = options.resumes
    this.#eager = options.eager
    this.#session = this.#nextSession()
  }

  override get settled (): boolean { return this.#open.size === 0 && this.isOpen && this.#isLive }

  override has (value: string): boolean { return this.#values.has(value) }

  protected override query (): { text: string, since?: string, sinceEvent?: number } {
    const session = `?session=${this.#session}`
    if (!this.#resumes) return { text: session }
    const kept = this.#older !== undefined && this.random.chance(OLD_CURSOR) ? this.#older : this.#cursor
    if (kept !== undefined) return { text: `${session}&since=${kept.cursor}`, since: kept.cursor, sinceEvent: kept.event }
    if (!this.random.chance(START_OF_ALL)) return { text: session }
    const since = this.random.pick(ALL)
    return { text: `${session}&since=${since}`, since }
  }

  protected override opened (): void {
    this.#ready = false
    this.#underWay = new Map()
    this.#stopBackOff()
  }

  protected override publish (): void {
    if (this.#open.size >= MOST_OPEN) return
    const id = this.#lastId += this.random.chance(0.1) ? this.random.int(2, 5) : 1
    this.#open.set(id, payload(this.random, `${this.id}/${this.#session}.${id}`))
    if (this.#ready && this.#againFrom === Infinity) this.#send(id)
  }

  protected override frame (socket: number, data: Buffer): void {
    const frame = JSON.parse(data.toString()) as Frame
    const cursor = frame.cursor === undefined ? {} : { cursor: frame.cursor }
    const keep = (event: number): void => { if (frame.cursor !== undefined) this.#keep({ cursor: frame.cursor, event }) }
    switch (frame.type) {
      case 'welcome':
        keep(this.history.record({ type: 'welcomed', socket, session: frame.session, resuming: frame.resuming === true, ...cursor }))
        this.#ready = true
        this.#isLive = frame.resuming !== true
        return this.#sendFrom(0)
      case 'ack':
        this.history.record({ type: 'acked', socket, id: frame.id, partition: frame.partition, offset: frame.offset })
        return this.#acked(frame.id)
      case 'refused': {
        const { id, code, temporary, outcome } = frame
        this.history.record({ type: 'refused', socket, id, code, temporary, outcome })
        return this.#refused(id, temporary)
      }
      case 'message': {
        const value = frame.base64 === undefined ? JSON.stringify(frame.data) : Buffer.from(frame.base64, 'base64').toString()
        this.#values.add(value)
        return keep(this.history.record({ type: 'delivered', socket, value, ...cursor }))
      }
      case 'cursor': return keep(this.history.record({ type: 'cursor', socket, cursor: frame.cursor ?? '' }))
      case 'gap': return keep(this.history.record({ type: 'gap', socket, reason: frame.reason, ...cursor }))
      case 'live':
        this.#isLive = true
        return keep(this.history.record({ type: 'live', socket, ...cursor }))
      case 'stalled':
        this.#isLive = false
        this.history.record({ type: 'stalled', socket, message: frame.message })
    }
  }

  override stop (): void {
    this.#stopBackOff()
    super.stop()
  }

  #keep (kept: Kept): void {
    if (this.random.chance(0.05)) this.#older = this.#cursor
    this.#cursor = kept
  }

  #send (id: number): void {
    const value = this.#open.get(id)
    if (value === undefined || this.socket === undefined) return
    this.history.record({ type: 'published', socket: this.socket, id, value })
    this.#underWay.set(id, (this.#underWay.get(id) ?? 0) + 1)
    this.ws?.send(`{"type":"publish","id":${id},"data":${value}}`)
  }

  #sendFrom (from: number): void {
    for (const id of [...this.#open.keys()]) if (id >= from) this.#send(id)
  }

  #acked (upTo: number): void {
    for (const id of this.#underWay.keys()) {
      if (id > upTo) continue
      this.#underWay.delete(id)
      this.#open.delete(id)
    }
    this.#maybeAgain()
  }

  #refused (id: number, temporary: boolean): void {
    const left = (this.#underWay.get(id) ?? 1) - 1
    if (left > 0) this.#underWay.set(id, left) // it was for an earlier sending
    else this.#underWay.delete(id)
    if (!temporary) this.#open.delete(id)
    else if (left === 0) this.#againFrom = Math.min(this.#againFrom, id)
    this.#maybeAgain()
  }

  #maybeAgain (): void {
    if (this.#againFrom === Infinity || this.#backOff !== undefined || (!this.#eager && this.#underWay.size > 0)) return
    if (this.random.chance(GIVES_UP)) return this.#giveUp()
    this.#backOff = setTimeout(() => {
      const from = this.#againFrom
      this.#stopBackOff()
      this.#sendFrom(from)
    }, this.random.int(...BACK_OFF_MS))
  }

  /** What was refused is never sent again: then it must not be in the topic. */
  #giveUp (): void {
    this.#open.clear()
    this.#session = this.#nextSession()
    this.#lastId = 0
    this.reconnect()
  }

  #nextSession (): string { return `s${++this.#sessions}-${this.random.int(0, 0xffff_ffff).toString(36)}` }

  #stopBackOff (): void {
    clearTimeout(this.#backOff)
    this.#backOff = undefined
    this.#againFrom = Infinity
  }
}
