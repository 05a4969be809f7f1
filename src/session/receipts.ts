import type { Clock } from '../clock.ts'
import { parseCursor, type Place } from '../protocol/cursor.ts'
import type { Following, Hold } from './context.ts'

/** Frames that come one behind the other are confirmed together: a ping goes out so long behind the first, and half as much again at most. */
const PING_BEHIND_MS = 1_000
const STEPS = 8
/** While so many pings are not answered no more go out but with the heartbeat. */
const MAX_OPEN_PINGS = 8
const MAX_KEPT_PINGS = 64

/** What a device is known to have received, for the position that the server holds for it. */
export class Receipts {
  readonly #clock: Clock
  readonly #hold: Hold
  readonly #following: Following
  /** By partition: the last record that was sent and is not known to have been received. */
  #sent = new Map<number, number>()
  /** What the device named last. */
  #received: readonly Place[] = []
  /** Pings that were not answered yet, with where the device stood at each. */
  #pings: Array<{ readonly n: number, readonly cursor: string, readonly sent: ReadonlyMap<number, number> }> = []
  #n = 0
  #cancel: (() => void) | undefined

  constructor (clock: Clock, hold: Hold, following: Following) {
    this.#clock = clock
    this.#hold = hold
    this.#following = following
  }

  sent (partition: number, offset: number): void { this.#sent.set(partition, offset) }

  /**
   * The device says so itself. What is older than before, or of another topic, moves nothing; neither does what this socket was not
   * sent yet: the device had it on an earlier one, maybe from an instance that was a little ahead of this.
   */
  received (text: string): void {
    const cursor = parseCursor(text)
    const now = parseCursor(this.#following.cursor() ?? '')
    if (cursor === undefined || now?.cluster !== cursor.cluster || now.partitions !== cursor.partitions) return
    const compares = (all: readonly Place[], is: (offset: number, other: number) => boolean): boolean =>
      cursor.places.every(({ partition, offset }) => is(offset, all.find((one) => one.partition === partition)?.offset ?? offset))
    if (!compares(now.places, (offset, sent) => offset <= sent) || !compares(this.#received, (offset, before) => offset >= before)) return
    this.#received = cursor.places
    for (const { partition, offset } of cursor.places) if ((this.#sent.get(partition) ?? offset) < offset) this.#sent.delete(partition)
    this.#hold.received(text)
  }

  /** The topic was truncated: offsets that were sent mean nothing any more. */
  rewind (): void {
    this.#received = []
    this.#sent.clear()
    this.#pings = []
  }

  /** Nothing that was sent is open: then where it stands is where the device stands. */
  quiet (): void {
    const cursor = this.#following.cursor()
    if (this.#sent.size === 0 && cursor !== undefined) this.#hold.passed(cursor)
  }

  /** In raw mode nothing but a pong says what was received: `ping` sends one whose payload is given, soon, behind all that was sent until then. */
  pingSoon (ping: () => void): void {
    if (this.#pings.length >= MAX_OPEN_PINGS) return
    this.#cancel ??= this.#clock.after(PING_BEHIND_MS * (1 + Math.floor(Math.random() * STEPS) / STEPS / 2), () => {
      this.#cancel = undefined
      ping()
    })
  }

  /** The payload of a ping that goes out behind all that was sent. */
  ping (): Buffer {
    const cursor = this.#following.cursor()
    this.#n += 1
    if (cursor !== undefined && this.#pings.length < MAX_KEPT_PINGS) {
      this.#pings.push({ n: this.#n, cursor, sent: this.#sent })
      this.#sent = new Map()
    }
    return Buffer.from(String(this.#n))
  }

  /** The pong to one of our pings: its WebSocket library has read everything before it. */
  ponged (data: Buffer): void {
    const n = Number(data.toString('latin1'))
    const at = this.#pings.findIndex((ping) => ping.n === n)
    const answered = this.#pings.splice(0, at + 1) // those before it, too
    const last = answered.at(-1)
    if (last === undefined) return
    if (answered.some(({ sent }) => sent.size > 0)) this.#hold.received(last.cursor)
    else this.#hold.passed(last.cursor)
  }

  end (): void {
    this.#cancel?.()
    this.#hold.release()
  }
}
