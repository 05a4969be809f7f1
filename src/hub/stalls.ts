import type { Clock } from '../clock.ts'
import type { Log, Stall } from '../log/log.ts'
import type { Session } from '../session/session.ts'
import type { Hub } from './hub.ts'

/** What is not there at two looks is no news. */
const LOOK_MS = 1_000

/** Tells the sockets that depend on a partition that it does not move, and that it does again. */
export class Stalls {
  #clock: Clock
  #hub: Hub
  #log: Log
  #topics: { readonly uplink: string, readonly downlink: string }
  /** What was seen at the last look, and what has lasted since the one before. */
  #seen: readonly Stall[] = []
  #stalls: readonly Stall[] = []
  #cancel: () => void = () => {}

  constructor (clock: Clock, hub: Hub, log: Log, topics: { readonly uplink: string, readonly downlink: string }) {
    this.#clock = clock
    this.#hub = hub
    this.#log = log
    this.#topics = topics
  }

  start (): void {
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      this.start()
      this.#look()
    })
  }

  stop (): void { this.#cancel() }

  /** Somebody new hears of it too. */
  tell (session: Session): void {
    if (this.#stalls.length > 0) session.downlink.stall(this.#reasonFor(session))
  }

  #look (): void {
    const { stalls } = this.#log.health()
    const lasting = stalls.filter(({ topic, partition }) => this.#seen.some((one) => one.topic === topic && one.partition === partition))
    const wereSome = this.#stalls.length > 0
    this.#seen = stalls
    this.#stalls = lasting
    if (lasting.length > 0 || wereSome) for (const session of this.#hub.sessions()) session.downlink.stall(this.#reasonFor(session))
  }

  #reasonFor (session: Session): string | undefined {
    // Who may not be watched can publish all the same.
    return this.#stalls.find(({ topic, partition, isDenied }) =>
      (isDenied !== true && topic === this.#topics.uplink && partition === session.uplink.partition) || (topic === this.#topics.downlink && session.downlink.following.isHome(partition)))?.reason
  }
}
