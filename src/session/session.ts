import { randomBytes } from 'node:crypto'
import type { Failure, Waiter } from '../log/log.ts'
import { closeReason, closes, type CloseName } from '../protocol/closes.ts'
import { decode } from '../protocol/decode.ts'
import { ack, bye, refused, welcome } from '../protocol/encode.ts'
import { refusals, type RefusalCode } from '../protocol/refusals.ts'
import type { Since } from '../protocol/since.ts'
import { wsFrame } from '../protocol/ws-frame.ts'
import { homePartition } from '../wire/murmur2.ts'
import type { Context } from './context.ts'
import { Downlink } from './downlink.ts'
import { handle } from './handlers/index.ts'
import { HeldPongs, MAX_PENDING_PONGS } from './held-pongs.ts'
import type { Mode, Opening } from './opening.ts'
import { Outbox } from './outbox.ts'
import type { Peer } from './peer.ts'
import { publish } from './publish.ts'

const SESSION_ID_BYTES = 12
/** A socket that was paused for its own bound is read again when half of it is free: fewer turns than one by one. */
const RESUME_AT = 0.5
const MISSED_HEARTBEATS = 2

/** One connection: its state, what it has in flight, what waits to be written to it. The verbs have files of their own. */
export class Session implements Waiter {
  readonly context: Context
  readonly device: string
  readonly key: Buffer
  readonly mode: Mode
  /** The producer session: what the device asked for, so that its ids go on on the next connection, or one of its own. */
  readonly id: string
  /** Its home in the uplink. */
  readonly partition: number
  readonly downlink: Downlink
  /** The highest id that was accepted. */
  lastId = 0
  /** A publish that was refused for now: until it comes again, all later ones are refused. 0: none. */
  blockedId = 0
  /** A watch was not answered yet, as while Kafka is away; one answer will do for all that come meanwhile. */
  awaitsWatch = false
  #peer: Peer
  #inFlight = 0
  #paused = false
  #hushed = false
  #closing = false
  #heard = true
  #missed = 0
  #ackId = 0
  #ackPartition = 0
  #ackOffset = 0
  #outbox: Outbox
  #flushing = false
  #heldPongs: HeldPongs | undefined

  constructor (context: Context, peer: Peer, { device, mode, session, holdPongs }: Opening) {
    this.context = context
    this.device = device
    this.key = Buffer.from(device)
    this.mode = mode
    this.id = session ?? randomBytes(SESSION_ID_BYTES).toString('base64url')
    this.partition = homePartition(this.key, context.uplink.partitions)
    this.#peer = peer
    this.#outbox = new Outbox(peer, context.limits.outboxBytes)
    if (holdPongs === true) this.#heldPongs = new HeldPongs()
    this.downlink = new Downlink(this, context.follow(this))
  }

  get isRaw (): boolean { return this.mode !== 'sluice.v1' }
  get closing (): boolean { return this.#closing }

  /** The first frame, then what it asked for. */
  greet (since: Since | Promise<Since>): void {
    const { limits: { heartbeatMs, maxFrameBytes, inFlight, outboxBytes }, storage } = this.context
    const { cursor, resuming } = this.downlink.welcome(since)
    this.tell(welcome({ device: this.device, session: this.id, cursor, resuming, storage, heartbeatMs, limits: { maxFrameBytes, inFlight, outboxBytes } }))
    this.downlink.following.begin(since)
  }

  /** A frame came. After a close has begun, what was still on its way is dropped, and so is neither acked nor stored. */
  receive (data: Buffer, binary: boolean): void {
    this.#heard = true
    if (this.#closing) return
    if (this.isRaw) publish(this, this.lastId + 1, undefined, data, 0, data.length, undefined)
    else if (binary) this.close('binary-frame')
    else handle(this, decode(data))
  }

  /** A publish was appended: its ack, or its refusal, will come through `stored` or `failed`. */
  appended (): void {
    this.#inFlight += 1
    if (this.#paused || (this.#inFlight < this.context.limits.inFlight && !this.context.uplink.pressed(this.partition))) return
    this.#paused = true
    this.#peer.pause()
  }

  stored (id: number, count: number, partition: number, offset: number): void {
    this.#answered(count)
    if (this.#closing) return
    if (this.isRaw) return this.#releasePongs(id)
    this.#ackId = id
    this.#ackPartition = partition
    this.#ackOffset = offset
    this.#wantFlush()
  }

  failed (id: number, { code, reason }: Failure): void {
    this.#answered(1)
    this.refuse(id, code, `${refusals[code].message} Kafka said: ${reason}.`)
  }

  /** Tells that a publish failed, and holds back what comes behind it if that failure is for now. */
  refuse (id: number, code: RefusalCode, message?: string): void {
    if (this.isRaw) return this.close(refusals[code].outcome === 'unknown' ? 'outcome-unknown' : 'not-stored', message)
    const told = this.#behindBlocked(id) && refusals[code].temporary && refusals[code].outcome === 'not-stored' ? 'earlier-refused' : code
    if (refusals[code].temporary && !this.#behindBlocked(id)) this.blockedId = id
    if (!refusals[code].temporary && id === this.blockedId) this.blockedId = 0 // it will not come again
    this.context.observer.refused(told)
    this.sendText(refused(id, told, told === code ? message : undefined))
  }

  #behindBlocked (id: number): boolean {
    return this.blockedId !== 0 && id > this.blockedId
  }

  #answered (count: number): void {
    this.#inFlight -= count
    if (!this.#paused || this.#hushed) return
    const free = this.#inFlight <= this.context.limits.inFlight * RESUME_AT && !this.context.uplink.pressed(this.partition)
    if (!free && this.#inFlight > 0) return
    this.#paused = false
    this.#heard = true // its deadline stood still
    this.#peer.resume()
  }

  sendText (payload: Buffer): void { this.send(wsFrame(payload, false)) }

  /** Takes a whole WebSocket frame; it goes out at the end of this turn. */
  send (frame: Buffer): void {
    if (this.#closing) return
    this.#outbox.push(frame)
    this.#wantFlush()
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

  #wantFlush (): void {
    if (this.#flushing) return
    this.#flushing = true
    this.context.turn.add(this)
  }

  /** Writes what this turn brought, and one ack for all publishes behind it: a refusal comes before an ack that would cover its id. */
  flush (): void {
    this.downlink.flush()
    this.#flushing = false
    this.#pushAck()
    if (!this.#outbox.isEmpty && !this.#outbox.flush() && !this.#closing) this.close('slow-reader')
  }

  #pushAck (): void {
    if (this.#ackId === 0) return
    this.#outbox.push(wsFrame(ack(this.#ackId, this.#ackPartition, this.#ackOffset), false))
    this.#ackId = 0
  }

  /** Closes it for a reason of the table; `detail` takes the place of the table's sentence. */
  close (name: CloseName, detail?: string, retryMs = 0): void {
    if (this.#closing) return
    this.#pushAck()
    if (name === 'draining') {
      this.downlink.tell()
      this.tell(bye(name, retryMs))
    }
    this.#closing = true
    this.context.observer.closed(name)
    this.flush()
    if (this.#paused) this.#peer.resume() // or its own close frame would never be read
    this.#peer.close(closes[name].code, closeReason(name, detail))
    if (name === 'heartbeat-lost') this.#peer.terminate() // nobody is there to answer
  }

  /** Nothing more is read from it; what was read already is still answered. */
  hush (): void {
    this.#hushed = this.#paused = true
    this.#peer.pause()
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
    if (this.#peer.waitingPongs + (this.#heldPongs?.count ?? 0) >= MAX_PENDING_PONGS) return this.terminate()
    if (this.#heldPongs === undefined || this.#inFlight === 0) this.#peer.pong(data)
    else this.#heldPongs.hold(this.lastId, data)
  }

  #releasePongs (id: number): void {
    for (const data of this.#heldPongs?.release(id) ?? []) this.#peer.pong(data)
  }

  /** A pong came: the answer to our ping, or one that nobody asked for. */
  ponged (data: Buffer): void {
    this.#heard = true
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
    if (this.#missed >= MISSED_HEARTBEATS) this.close('heartbeat-lost')
    else if (!this.#closing) {
      this.downlink.tell()
      this.ping()
    }
  }

  /** The socket has ended. */
  ended (): void {
    this.#closing = true
    this.#outbox.clear()
    this.#ackId = 0
    this.context.watchers.forget(this)
    this.downlink.end()
  }
}
