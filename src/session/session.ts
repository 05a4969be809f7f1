import { randomBytes } from 'node:crypto'
import type { Grants, Verb } from '../access/policy.ts'
import { closeReason, closes, type CloseName } from '../protocol/closes.ts'
import { decode } from '../protocol/decode.ts'
import { bye, welcome } from '../protocol/encode.ts'
import type { Rate } from '../limits/rate.ts'
import type { Since } from '../protocol/since.ts'
import { wsFrame } from '../protocol/ws-frame.ts'
import type { Context } from './context.ts'
import { Downlink } from './downlink.ts'
import { handle } from './handlers/index.ts'
import { MAX_PENDING_PONGS } from './held-pongs.ts'
import type { Mode, Opening } from './opening.ts'
import { Outbox } from './outbox.ts'
import type { Peer } from './peer.ts'
import { publish } from './publish.ts'
import { Uplink } from './uplink.ts'

const SESSION_ID_BYTES = 12
const MISSED_HEARTBEATS = 2
/** Closes that are nobody's fault: who comes back knows best where it stood. */
const PLANNED: ReadonlySet<CloseName> = new Set<CloseName>(['draining', 'expired', 'kicked'])

/** One connection: whether it is read, alive or closing, and what waits to be written to it. Its two directions, and the verbs, have files of their own. */
export class Session {
  readonly context: Context
  readonly device: string
  readonly key: Buffer
  /** Where it comes from. */
  readonly address: string
  readonly origin: string | undefined
  readonly mode: Mode
  /** The producer session: what the device asked for, so that its ids go on on the next connection, or one of its own. */
  readonly id: string
  readonly uplink: Uplink
  readonly downlink: Downlink
  /** What its device has sent, against what it may. */
  readonly rate: Rate
  /** A watch was not answered yet, as while Kafka is away; one answer will do for all that come meanwhile. */
  awaitsWatch = false
  /** By the clock's `elapsed`: when its next refresh is looked at; while one is, never. */
  refreshableMs = 0
  #grants: Grants
  #peer: Peer
  #paused = false
  #hushed = false
  #throttled = false
  #closing = false
  #heard = true
  #missed = 0
  /** A whole frame came since the last heartbeat. */
  #moved = false
  /** Heartbeats for which one frame has been on its way. */
  #midFrame = 0
  #outbox: Outbox
  #flushing = false
  #denied: Set<Verb> | undefined

  constructor (context: Context, peer: Peer, { device, grants, mode, address, origin, session, holdPongs }: Opening) {
    this.context = context
    this.device = device
    this.key = Buffer.from(device)
    this.address = address
    this.origin = origin
    this.#grants = grants
    this.mode = mode
    this.id = session ?? randomBytes(SESSION_ID_BYTES).toString('base64url')
    this.#peer = peer
    this.#outbox = new Outbox(peer, context.limits.outboxBytes)
    this.uplink = new Uplink(this, holdPongs === true)
    this.downlink = new Downlink(this, context.follow(this))
    this.rate = context.rates.enter(device, grants.identity.quota)
  }

  /** Who it is, and what it may do. */
  get grants (): Grants { return this.#grants }

  /** What it may do from now on. */
  renew (grants: Grants): void {
    const { expiry, rates } = this.context
    expiry.remove(this)
    this.#grants = grants
    rates.reclass(this.rate, grants.identity.quota)
    expiry.add(this)
  }

  get isRaw (): boolean { return this.mode !== 'sluice.v1' }
  get closing (): boolean { return this.#closing }

  /** The first frame, then what it asked for. */
  greet (since: Since | Promise<Since>): void {
    const { limits: { heartbeatMs, maxFrameBytes, inFlight, outboxBytes }, storage, clock } = this.context
    const { cursor, resuming } = this.downlink.welcome(since)
    const { expiresMs } = this.#grants.identity
    const expiresInMs = expiresMs === undefined ? undefined : expiresMs - clock.now()
    this.tell(welcome({ device: this.device, session: this.id, cursor, resuming, storage, heartbeatMs, expiresInMs, limits: { maxFrameBytes, inFlight, outboxBytes } }))
    this.downlink.following.begin(since)
    if (!this.rate.isWithin()) this.context.rates.hold(this) // what its last socket sent was too much
  }

  /** A frame came. After a close has begun, what was still on its way is dropped, and so is neither acked nor stored. */
  receive (data: Buffer, binary: boolean): void {
    this.#heard = true
    if (this.#closing) return
    this.#moved = true
    this.#spend(data.length)
    if (this.isRaw) this.#receiveRaw(data)
    else if (binary) this.close('binary-frame')
    else handle(this, decode(data))
  }

  /** Whether its credentials allow that. */
  may (verb: Verb, resource: string): boolean {
    if (this.grants.may(verb, resource)) return true
    if (this.#denied?.has(verb) !== true) this.context.observer.denied(this, verb, resource)
    this.#denied = (this.#denied ?? new Set()).add(verb)
    return false
  }

  /** What has come is taken, and counted; what it is too much is paid for with time in which nothing is read. */
  #spend (bytes: number): void {
    if (!this.rate.spend(bytes)) this.context.rates.hold(this)
  }

  #receiveRaw (data: Buffer): void {
    if (this.may('publish', '')) publish(this, this.uplink.lastId + 1, undefined, data, 0, data.length, undefined)
    else this.close('not-permitted', 'Your credentials do not allow you to send.')
  }

  sendText (payload: Buffer): void { this.send(wsFrame(payload, false)) }

  /** Takes a whole WebSocket frame; it goes out at the end of this turn, or earlier where much has come. */
  send (frame: Buffer): void {
    if (this.#closing) return
    this.#outbox.push(frame)
    this.flushSoon()
    if (this.#outbox.isOver) this.#write()
  }

  /** Only in sluice.v1; a raw socket cannot be told. */
  tell (payload: Buffer): void { if (!this.isRaw) this.sendText(payload) }

  /** More waits for it than should, so that it should be given no more than what is live. */
  get isFull (): boolean { return this.#closing || this.#outbox.isFull }

  /** Calls `fn` once when the network has taken what was written. */
  drained (fn: () => void): void {
    this.flush()
    this.#peer.drained(fn)
  }

  /** Flushes at the end of this turn. */
  flushSoon (): void {
    if (this.#flushing) return
    this.#flushing = true
    this.context.turn.add(this)
  }

  /** Writes what this turn brought, and one ack for all publishes behind it: a refusal comes before an ack that would cover its id. */
  flush (): void {
    this.downlink.flush()
    this.#flushing = false
    this.#pushAck()
    this.#write()
  }

  #write (): void {
    if (!this.#outbox.isEmpty && !this.#outbox.flush() && !this.#closing) this.close('slow-reader')
  }

  #pushAck (): void {
    const frame = this.uplink.takeAck()
    if (frame !== undefined) this.#outbox.push(frame)
  }

  /** Closes it for a reason of the table; `detail` takes the place of the table's sentence. */
  close (name: CloseName, detail?: string, retryMs = 0): void {
    if (this.#closing) return
    this.#pushAck()
    if (PLANNED.has(name)) this.downlink.tell()
    if (name === 'draining') this.tell(bye(name, retryMs))
    this.#closing = true
    this.context.observer.closed(name)
    this.flush()
    if (this.#paused) this.#peer.resume() // or its own close frame would never be read
    this.#peer.close(closes[name].code, closeReason(name, detail))
    if (name === 'heartbeat-lost') this.#peer.terminate() // nobody is there to answer
  }

  get isPaused (): boolean { return this.#paused }

  /** Nothing is read from it until `resume`. */
  pause (): void {
    this.#paused = true
    this.#peer.pause()
  }

  resume (): void {
    if (this.#hushed || this.#throttled) return
    this.#paused = false
    this.#heard = true // its deadline stood still
    this.#peer.resume()
  }

  /** Its device has sent more than it may, by now: nothing is read until `release`. */
  throttle (): void {
    this.#throttled = true
    if (!this.#paused) this.pause()
  }

  release (): void {
    this.#throttled = false
    this.uplink.readOn()
  }

  /** Nothing more is read from it; what was read already is still answered. */
  hush (): void {
    this.#hushed = true
    this.pause()
  }

  /** Ends the socket at once: what was read with what ended it is dropped. */
  terminate (): void {
    this.#closing = true
    this.#peer.terminate()
  }

  /** A ping of the device came, which is a sign of life; where it asked for that, its pong means that all before it is in Kafka. */
  pinged (data: Buffer): void {
    this.#heard = true
    if (this.#closing) return
    this.#spend(data.length)
    if (this.#peer.waitingPongs + this.uplink.heldPongs >= MAX_PENDING_PONGS) return this.terminate()
    if (!this.uplink.holdPong(data)) this.pong(data)
  }

  pong (data: Buffer): void { this.#peer.pong(data) }

  /** A pong came: the answer to our ping, or one that nobody asked for. */
  ponged (data: Buffer): void {
    this.#heard = true
    if (!this.#closing) this.#spend(data.length)
    this.downlink.ponged(data)
  }

  /** It goes out behind what came before it. */
  ping (): void {
    this.flush()
    if (!this.#closing) this.#peer.ping(this.downlink.ping())
  }

  /** Called once a heartbeat. While it is not read nothing can be heard from it, so nothing counts as missed. */
  beat (): void {
    this.#missed = this.#heard || this.#paused ? 0 : this.#missed + 1
    this.#heard = false
    this.#midFrame = this.#moved || this.#paused || !this.#peer.isMidFrame ? 0 : this.#midFrame + 1
    this.#moved = false
    if (this.#missed >= MISSED_HEARTBEATS) this.close('heartbeat-lost')
    else if (this.#midFrame > MISSED_HEARTBEATS) this.close('slow-frame') // pongs keep it alive meanwhile
    else if (!this.#closing) {
      this.downlink.beat()
      this.ping()
    }
  }

  /** The socket has ended. */
  ended (): void {
    this.#closing = true
    this.#outbox.clear()
    this.uplink.end()
    this.context.rates.leave(this)
    this.context.watchers.forget(this)
    this.downlink.end()
  }
}
