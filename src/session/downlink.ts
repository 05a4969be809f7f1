import { cursorFrame, gap, live, stalled } from '../protocol/encode.ts'
import type { GapReason } from '../protocol/gaps.ts'
import type { Since } from '../protocol/since.ts'
import type { Deliverable, Following, Hold } from './context.ts'
import { Receipts } from './receipts.ts'
import type { Session } from './session.ts'

/** What one session is sent of its device's records, and what it was told of where it stands. */
export class Downlink {
  readonly following: Following
  readonly #session: Session
  #receipts: Receipts | undefined
  #toldCursor: string | undefined
  #cursorDue = false
  /** Why it is stalled. */
  #stalledFor: string | undefined

  constructor (session: Session, following: Following) {
    this.#session = session
    this.following = following
  }

  /** What the welcome says of it. */
  welcome (since: Since | Promise<Since>): { cursor: string | undefined, resuming: boolean } {
    const resuming = since instanceof Promise || since.kind !== 'live'
    this.#toldCursor = resuming ? undefined : this.following.cursor()
    return { cursor: this.#toldCursor, resuming }
  }

  deliver (delivery: Deliverable, partition: number): void {
    const { following } = this
    const placed = following.isPlaced(partition)
    const frame = delivery.frame(this.#session.mode, placed)
    if (frame === undefined) return
    this.#session.send(frame)
    if (!following.isHome(partition)) return
    if (!placed) this.#cursorDue = true
    if (this.#receipts === undefined) return
    this.#receipts.sent(partition, delivery.offset)
    if (this.#session.isRaw) this.#receipts.pingSoon(() => this.#session.ping())
  }

  /** Its position is held from now on, and moves as the device receives. */
  hold (hold: Hold): void { this.#receipts = new Receipts(this.#session.context.clock, hold, this.following) }

  /** The device has handled everything before the cursor. */
  received (cursor: string): void { this.#receipts?.received(cursor) }

  /** It stands where the tails stand, and is live from now on. */
  caughtUp (): void {
    this.#toldCursor = this.following.cursor()
    this.#session.tell(live(this.#toldCursor))
    if (this.#stalledFor !== undefined) this.#session.tell(stalled(this.#stalledFor))
  }

  gap (reason: GapReason): void {
    if (reason === 'truncated') this.#receipts?.rewind()
    this.#session.context.observer.gap(reason)
    this.#session.tell(gap(reason))
  }

  /** Kafka, or a partition that it depends on, does not answer: the reason; undefined when it does again. */
  stall (reason: string | undefined): void {
    const wasStalled = this.#stalledFor !== undefined
    this.#stalledFor = reason
    if (wasStalled === (reason !== undefined)) return
    if (reason !== undefined) this.#session.tell(stalled(reason))
    else if (this.following.isLive) this.#session.tell(live(this.following.cursor())) // else it is told when it has caught up
  }

  /** At the end of a turn: behind messages that carry no cursor, where it stands. */
  flush (): void {
    if (!this.#cursorDue) return
    this.#cursorDue = false
    this.#tellCursor()
  }

  /** With the heartbeat. While it is stalled it may not be read, and then nothing that it asks tells it that the server is there. */
  beat (): void {
    this.tell()
    if (this.#stalledFor !== undefined) this.#session.tell(stalled(this.#stalledFor))
  }

  /** Where it stands; also before a planned close. */
  tell (): void {
    this.#tellCursor()
    if (!this.#session.isRaw) this.#receipts?.quiet()
  }

  /** The payload of a ping. In sluice.v1 the device says itself what it has received, so that no pong need say it. */
  ping (): Buffer | undefined { return this.#session.isRaw ? this.#receipts?.ping() : undefined }

  ponged (data: Buffer): void {
    if (this.#session.isRaw) this.#receipts?.ponged(data)
  }

  end (): void {
    this.following.end()
    this.#receipts?.end()
  }

  #tellCursor (): void {
    const cursor = this.following.cursor()
    if (cursor === undefined || cursor === this.#toldCursor) return
    this.#toldCursor = cursor
    this.#session.tell(cursorFrame(cursor))
  }
}
