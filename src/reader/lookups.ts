import type { Clock } from '../clock.ts'
import { again } from '../log/again.ts'
import type { Log } from '../log/log.ts'

/** Those who ask for nearly the same time share an answer: it is looked up for the beginning of this. */
const GRAIN_MS = 1_000

/** Where in the partitions to begin, asked of Kafka as long as it takes. Who asks the same meanwhile shares the answer. */
export class Lookups {
  #log: Log
  #clock: Clock
  #topic: string
  #signal: AbortSignal
  #answering: Promise<unknown> | undefined
  #underWay = new Map<number, Promise<readonly number[]>>()

  constructor (log: Log, clock: Clock, topic: string, signal: AbortSignal) {
    this.#log = log
    this.#clock = clock
    this.#topic = topic
    this.#signal = signal
  }

  /** The first offset in each partition that exists. */
  starts (): Promise<readonly number[]> { return this.#share(-1, () => this.#log.starts(this.#topic)) }

  /** The first offset in each partition whose batch is not older, or by a second at most. */
  at (timeMs: number): Promise<readonly number[]> {
    const fromMs = Math.max(0, Math.min(timeMs, this.#clock.now()))
    const roundMs = fromMs - fromMs % GRAIN_MS
    return this.#share(roundMs, () => this.#log.offsetsAt(this.#topic, roundMs))
  }

  #share (name: number, ask: () => Promise<readonly number[]>): Promise<readonly number[]> {
    const underWay = this.#underWay.get(name)
    if (underWay !== undefined) return underWay
    // Never settles when the gateway goes away meanwhile.
    const asking = this.#ask(ask).catch(() => new Promise<never>(() => {})).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, asking)
    return asking
  }

  /** While Kafka is away one asks for all, and each asks again once that is answered. */
  async #ask (ask: () => Promise<readonly number[]>): Promise<readonly number[]> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (this.#signal.aborted) throw error
        this.#answering ??= again(this.#clock, this.#signal, () => this.#log.ends(this.#topic)).finally(() => { this.#answering = undefined })
        await this.#answering
      }
    }
  }
}
