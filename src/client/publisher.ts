import { backoffMs, type Waits } from './backoff.ts'
import type { Environment } from './environment.ts'
import type { Ack, Refused, Welcome } from './frames.ts'
import type { Journal, Kept } from './journal.ts'
import { Outbox, type Stored } from './outbox.ts'
import { PublishError } from './publish-error.ts'

export interface Bounds extends Waits { maxBytes: number }

interface Line { limits: Welcome['limits'], send: (text: string) => void }

/** Publishes wait here until they are acked: in the store first, then on the wire, and on the wire again. */
export class Publisher {
  readonly #bounds: Bounds
  readonly #environment: Environment
  readonly #journal: Journal | undefined
  #outbox: Outbox
  #line: Line | undefined
  #refusals = 0
  #cancelRest = (): void => {}
  #waiting: Array<() => void> = []

  constructor (bounds: Bounds, environment: Environment, journal: Journal | undefined, lastId: number) {
    this.#bounds = bounds
    this.#environment = environment
    this.#journal = journal
    this.#outbox = new Outbox(lastId)
  }

  get size (): number { return this.#outbox.size }

  /** Goes on where an earlier life of the program ended. Nothing was published before. */
  restore ({ lastId, frames }: Kept): void { this.#outbox = new Outbox(lastId, frames) }

  async publish (body: string, signal: AbortSignal | undefined): Promise<Stored> {
    if (this.#isFull()) throw new PublishError('buffer-full', 'More waits for its ack than maxBufferedBytes; await ready() before a publish.', true, 'not-stored')
    let abandon!: () => void
    const stored = new Promise<Stored>((resolve, reject) => {
      const pending = this.#outbox.add(body, resolve, reject)
      this.#journal?.put(pending.id, pending.text)
      abandon = () => { if (this.#outbox.abandon(pending, signal?.reason)) this.#settled([pending.id]) }
      this.pump()
    })
    signal?.addEventListener('abort', abandon)
    return await stored.finally(() => signal?.removeEventListener('abort', abandon))
  }

  /** Resolves when there is room; where there was none, when half of it is free. */
  async ready (): Promise<void> {
    if (this.#isFull()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Undefined: there is no connection. */
  connected (line: Line | undefined): void {
    this.#line = line
    this.#cancelRest()
    this.#outbox.lost()
    this.pump()
  }

  acked (frame: Ack): void {
    this.#refusals = 0
    this.#settled(this.#outbox.acked(frame))
  }

  refused (frame: Refused): void {
    const outcome = this.#outbox.refused(frame)
    if (outcome === 'held') {
      // The answers that are still due are awaited, and so is a pause.
      this.#cancelRest = this.#environment.after(backoffMs(this.#refusals++, this.#bounds, this.#environment), () => {
        this.#outbox.rest()
        this.pump()
      })
    }
    this.#settled(outcome === 'failed' ? [frame.id] : [])
  }

  /** Sends what may go out. */
  pump (): void {
    if (this.#line === undefined) return
    const { limits: { inFlight, maxFrameBytes }, send } = this.#line
    const tooLarge: number[] = []
    // One less than the server allows: at its bound it stops reading, and what proves that it is there would go unheard.
    for (const pending of this.#outbox.take(Math.max(1, inFlight - 1), this.#journal?.durableId ?? Infinity)) {
      if (pending.bytes > maxFrameBytes) {
        this.#outbox.fail(pending, 'frame-too-large', `A frame of ${pending.bytes} bytes is more than the ${maxFrameBytes} that this server takes.`)
        tooLarge.push(pending.id)
      } else {
        pending.tried = true
        send(pending.text)
      }
    }
    // Only when all that was taken is on the wire: settling sends what comes behind it.
    if (tooLarge.length > 0) this.#settled(tooLarge)
  }

  /** Whoever waits hears that it is over, as the connection is; what is in a store stays there. */
  close (why: string): void {
    this.#outbox.failAll(why)
    this.#letIn()
  }

  #settled (ids: number[]): void {
    this.#journal?.drop(ids)
    if (this.#outbox.bytes <= this.#bounds.maxBytes / 2) this.#letIn()
    this.pump()
  }

  #isFull (): boolean { return this.#outbox.bytes >= this.#bounds.maxBytes }
  #letIn (): void { for (const resolve of this.#waiting.splice(0)) resolve() }
}
