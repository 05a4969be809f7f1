import type { Failure, Waiter } from '../log/log.ts'
import { ack, refused } from '../protocol/encode.ts'
import { refusals, type RefusalCode } from '../protocol/refusals.ts'
import { wsFrame } from '../protocol/ws-frame.ts'
import { homePartition } from '../wire/murmur2.ts'
import { HeldPongs } from './held-pongs.ts'
import type { Session } from './session.ts'

/** A socket that was paused for its own bound is read again when half of it is free: fewer turns than one by one. */
const RESUME_AT = 0.5

/** What one session publishes: its ids, what is in flight, and what it is told of it. */
export class Uplink implements Waiter {
  /** Its home in the uplink. */
  readonly partition: number
  /** The highest id that was accepted. */
  lastId = 0
  /** A publish that was refused for now: until it comes again, all later ones are refused. 0: none. */
  blockedId = 0
  readonly #session: Session
  #inFlight = 0
  #ackId = 0
  #ackPartition = 0
  #ackOffset = 0
  #heldPongs: HeldPongs | undefined

  constructor (session: Session, holdPongs: boolean) {
    this.#session = session
    this.partition = homePartition(session.key, session.context.uplink.partitions)
    if (holdPongs) this.#heldPongs = new HeldPongs()
  }

  /** A publish was appended: its ack, or its refusal, will come through `stored` or `failed`. */
  appended (): void {
    this.#inFlight += 1
    if (this.#session.isPaused) return
    const { limits, uplink } = this.#session.context
    if (this.#inFlight >= limits.inFlight || uplink.pressed(this.partition)) this.#session.pause()
  }

  stored (id: number, count: number, partition: number, offset: number): void {
    this.#answered(count)
    if (this.#session.closing) return
    if (this.#session.isRaw) return this.#releasePongs(id)
    this.#ackId = id
    this.#ackPartition = partition
    this.#ackOffset = offset
    this.#session.flushSoon()
  }

  failed (id: number, { code, reason }: Failure): void {
    this.#answered(1)
    this.refuse(id, code, `${refusals[code].message} Kafka said: ${reason}.`)
  }

  /** Tells that a publish failed, and holds back what comes behind it if that failure is for now. */
  refuse (id: number, code: RefusalCode, message?: string): void {
    const { temporary, outcome } = refusals[code]
    if (this.#session.isRaw) return this.#session.close(outcome === 'unknown' ? 'outcome-unknown' : 'not-stored', message)
    const isBehind = this.isBehindBlocked(id)
    const told = isBehind && temporary && outcome === 'not-stored' ? 'earlier-refused' : code
    if (temporary && !isBehind) this.blockedId = id
    if (!temporary && id === this.blockedId) this.blockedId = 0 // it will not come again
    this.#session.context.observer.refused(told)
    this.#session.sendText(refused(id, told, told === code ? message : undefined))
  }

  isBehindBlocked (id: number): boolean { return this.blockedId !== 0 && id > this.blockedId }

  /** The frame of one ack for all that was stored since the last one; undefined where nothing was. */
  takeAck (): Buffer | undefined {
    if (this.#ackId === 0) return undefined
    const frame = wsFrame(ack(this.#ackId, this.#ackPartition, this.#ackOffset), false)
    this.#ackId = 0
    return frame
  }

  get heldPongs (): number { return this.#heldPongs?.count ?? 0 }

  /** Whether this pong waits until all that was published before it is in Kafka; else it can go now. */
  holdPong (data: Buffer): boolean {
    if (this.#heldPongs === undefined || this.#inFlight === 0) return false
    this.#heldPongs.hold(this.lastId, data)
    return true
  }

  end (): void { this.#ackId = 0 }

  #answered (count: number): void {
    this.#inFlight -= count
    if (this.#session.isPaused) this.readOn()
  }

  /** Its socket is read again, where no bound of ours is in the way. */
  readOn (): void {
    const { limits, uplink } = this.#session.context
    const isFree = this.#inFlight <= limits.inFlight * RESUME_AT && !uplink.pressed(this.partition)
    if (isFree || this.#inFlight === 0) this.#session.resume()
  }

  #releasePongs (id: number): void {
    for (const data of this.#heldPongs?.release(id) ?? []) this.#session.pong(data)
  }
}
