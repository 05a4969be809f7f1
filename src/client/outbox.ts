import { byteLength } from './encode.ts'
import type { Ack, Refused } from './frames.ts'
import { PublishError } from './publish-error.ts'

export interface Stored {
  id: number
  partition: number
  /** Acks are cumulative and tell the offset of their last publish only: of those before it, it is not known. */
  offset?: number
}

export interface Pending {
  readonly id: number
  readonly text: string
  readonly bytes: number
  /** Taken to go out on this connection, and neither acked nor refused there. */
  sent: boolean
  /** Gone out on any connection, as its sender says: the server may have it. */
  tried: boolean
  resolve: (stored: Stored) => void
  reject: (error: unknown) => void
}

const nobody = (): void => {}

/** Publishes that are not acked, in the order of their ids, and which of them may go out. Knows no socket and no time. */
export class Outbox {
  #pending = new Map<number, Pending>() // keeps the order in which they were added
  #lastId: number
  bytes = 0
  #sent = 0
  #held = false
  #rested = false

  constructor (lastId: number, kept: ReadonlyArray<readonly [id: number, text: string]> = []) {
    this.#lastId = lastId
    // Nobody waits for what an earlier life of the program left behind, and how far it came is not known.
    for (const [id, text] of kept) this.#put(id, text, nobody, nobody).tried = true
  }

  get size (): number { return this.#pending.size }

  /** `body`: all of the frame but its id. */
  add (body: string, resolve: Pending['resolve'], reject: Pending['reject']): Pending {
    const id = ++this.#lastId
    return this.#put(id, `{"type":"publish","id":${id},${body}}`, resolve, reject)
  }

  #put (id: number, text: string, resolve: Pending['resolve'], reject: Pending['reject']): Pending {
    const pending = { id, text, bytes: byteLength(text), sent: false, tried: false, resolve, reject }
    this.#pending.set(id, pending)
    this.bytes += pending.bytes
    return pending
  }

  #drop (pending: Pending): void {
    this.#pending.delete(pending.id)
    this.bytes -= pending.bytes
    if (pending.sent) this.#sent -= 1
  }

  /** What goes out now, from the lowest on: at most `window` in flight, none above `upToId`. */
  take (window: number, upToId: number): Pending[] {
    // Refusals of the first round that are still on their way could not be told from refusals of the second.
    if (this.#held && !(this.#rested && this.#sent === 0)) return []
    this.#held = false
    const taken: Pending[] = []
    for (const pending of this.#pending.values()) {
      if (this.#sent >= window || pending.id > upToId) break
      if (pending.sent) continue
      pending.sent = true
      this.#sent += 1
      taken.push(pending)
    }
    return taken
  }

  /** Gives the ids that are settled by it. */
  acked ({ id, partition, offset }: Ack): number[] {
    const ids: number[] = []
    for (const pending of this.#pending.values()) {
      if (pending.id > id) break
      if (!pending.sent) continue
      this.#drop(pending)
      ids.push(pending.id)
      pending.resolve(pending.id === id && offset >= 0 ? { id, partition, offset } : { id: pending.id, partition })
    }
    return ids
  }

  /** `failed`: it is settled. `held`: nothing more goes out until `rest` is called. `known`: nothing new. */
  refused ({ id, code, message, temporary, outcome }: Refused): 'failed' | 'held' | 'known' {
    const pending = this.#pending.get(id)
    if (!pending?.sent) return 'known'
    if (!temporary) {
      this.#drop(pending)
      pending.reject(new PublishError(code, message, temporary, outcome))
      return 'failed'
    }
    pending.sent = false
    this.#sent -= 1
    if (this.#held) return 'known'
    this.#held = true
    this.#rested = false
    return 'held'
  }

  /** The pause after a temporary refusal is over. */
  rest (): void { this.#rested = true }

  /** The connection is gone: all that is not acked has to go out again. */
  lost (): void {
    for (const pending of this.#pending.values()) pending.sent = false
    this.#sent = 0
    this.#held = false
  }

  /** Gives one up without an answer of the server. */
  fail (pending: Pending, code: string, message: string): void {
    this.#drop(pending)
    pending.reject(new PublishError(code, message, false, pending.tried ? 'unknown' : 'not-stored'))
  }

  /** Nobody waits for it any more. One that has gone out stays, since the server may wait for it to come again; true: it was taken out. */
  abandon (pending: Pending, error: unknown): boolean {
    const isOut = !pending.tried && this.#pending.has(pending.id)
    if (isOut) this.#drop(pending)
    pending.reject(error)
    pending.resolve = pending.reject = nobody
    return isOut
  }

  /** Rejects them all; what is kept of them in a store is another matter. */
  failAll (why: string): void {
    for (const pending of this.#pending.values()) this.fail(pending, 'closed', why)
  }
}
