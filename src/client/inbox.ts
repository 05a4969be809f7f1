import { fromBase64 } from './encode.ts'
import type { MessageFrame } from './frames.ts'

const RECENT = 2_000

export interface Message extends MessageFrame {
  /** The bytes of `base64`. */
  bytes?: Uint8Array
  /** The frame as it came: its numbers are those of the record, digit for digit. */
  text: string
  /** This message and all before it are handled: after a crash, or under a resume name, the next connection begins behind it. */
  received: () => void
}

export interface Reader {
  /** All messages up to this cursor are handled. */
  handled: (cursor: string) => void
  /** There is room again after messages were passed over: they have to be sent again. */
  drained: () => void
  /** Messages are passed over that nobody can send again. Told once until there is room. */
  dropped: () => void
}

/** A message that was taken in. */
interface Taken {
  readonly number: number
  readonly message: Message
  /** What its handling says: its own cursor, or a later one behind which nothing came. */
  upTo: string | undefined
}

/** Messages between the socket and the program, and the two cursors that follow from them: how far was read, and how far handled. */
export class Inbox {
  readonly #reader: Reader
  readonly #maxBytes: number
  #queue: Taken[] = []
  #bytes = 0
  #takers: Array<(message: Message | undefined) => void> = []
  #closed = false
  #behind = false
  #told = false
  #taken = 0
  #handled = 0
  /** The last one taken in, while it is not handled. */
  #last: Taken | undefined
  /** The last one that the program was given. */
  #given: Taken | undefined
  /** Cursors of those that it was given lately. */
  #recent = new Set<string>()
  /** Behind all that was taken in. */
  cursor: string | undefined

  constructor (reader: Reader, maxBytes: number) {
    this.#reader = reader
    this.#maxBytes = maxBytes
  }

  /** `listener` takes it at once, where there is one. */
  add (frame: MessageFrame, text: string, listener: ((message: Message) => void) | undefined): void {
    // Under a resume name the server begins behind what it has heard of as handled, and that may be less than was given here.
    if (frame.cursor !== undefined && this.#recent.has(frame.cursor)) return
    if (this.#isPassedOver(frame, listener !== undefined)) return
    const taken: Taken = this.#last = {
      number: ++this.#taken,
      message: Object.assign(frame, {
        text,
        ...frame.base64 === undefined ? {} : { bytes: fromBase64(frame.base64) },
        received: () => this.#received(taken)
      }),
      upTo: frame.cursor
    }
    this.cursor = frame.cursor ?? this.cursor
    const taker = listener ?? this.#takers.shift()
    if (taker !== undefined) return taker(this.#give(taken))
    this.#queue.push(taken)
    this.#bytes += text.length
  }

  /** Once one was passed over, all behind it are, until the server sends them again. */
  #isPassedOver ({ cursor }: MessageFrame, isTaken: boolean): boolean {
    const isFull = !isTaken && this.#bytes > this.#maxBytes
    if (cursor !== undefined) {
      this.#behind ||= isFull
      return this.#behind
    }
    if (isFull && !this.#told) {
      this.#told = true
      this.#reader.dropped()
    }
    return isFull
  }

  #received (taken: Taken): void {
    if (taken.number <= this.#handled) return
    this.#handled = taken.number
    if (taken === this.#last) this.#last = undefined
    if (taken.upTo !== undefined) this.#reader.handled(taken.upTo)
  }

  /** The server says where this socket stands: all of ours before it was sent. */
  stand (cursor: string | undefined): void {
    if (this.#behind || cursor === undefined) return
    this.cursor = cursor
    if (this.#last === undefined) this.#reader.handled(cursor)
    else this.#last.upTo = cursor
  }

  /** A new connection. `named`: it begins behind what was handled, not behind what was taken in. */
  begin (cursor: string | undefined, named: boolean): void {
    this.#behind = false
    if (named) {
      this.#queue = this.#queue.filter(({ message }) => message.cursor === undefined)
      this.#bytes = this.#queue.reduce((sum, { message }) => sum + message.text.length, 0)
      this.#last = (this.#given?.number ?? 0) > this.#handled ? this.#given : undefined
    } else if (this.cursor === undefined) this.stand(cursor)
  }

  /** Takes out the next message; undefined when none will come any more. */
  async next (): Promise<Message | undefined> {
    return this.#shift() ?? (this.#closed ? undefined : await new Promise((resolve) => this.#takers.push(resolve)))
  }

  /** Hands over what waits. */
  empty (listener: (message: Message) => void): void {
    for (let message = this.#shift(); message !== undefined; message = this.#shift()) listener(message)
  }

  #give (taken: Taken): Message {
    this.#given = taken
    const { cursor } = taken.message
    if (cursor !== undefined) this.#recent.add(cursor)
    if (this.#recent.size > RECENT) for (const oldest of [...this.#recent].slice(0, RECENT / 2)) this.#recent.delete(oldest)
    return taken.message
  }

  #shift (): Message | undefined {
    const taken = this.#queue.shift()
    if (taken === undefined) return undefined
    this.#bytes -= taken.message.text.length
    if (this.#queue.length === 0) {
      this.#told = false
      if (this.#behind) this.#reader.drained()
    }
    return this.#give(taken)
  }

  /** Nothing more comes; what waits can still be taken out, or is `cleared`. */
  close (cleared: boolean): void {
    this.#closed = true
    if (cleared) this.#queue = []
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }
}
