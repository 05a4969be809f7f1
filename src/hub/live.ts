import type { GapReason as LogGapReason } from '../log/log.ts'
import type { GapReason } from '../protocol/gaps.ts'
import type { RecordView } from '../wire/record-view.ts'
import type { Hub } from './hub.ts'
import type { Losses } from './losses.ts'

/** What the tail of the downlink brings, for those who are live: records, and that some are lost. */
export class Live {
  readonly #topic: string
  readonly #hub: Hub
  readonly #losses: Losses

  constructor (topic: string, hub: Hub, losses: Losses) {
    this.#topic = topic
    this.#hub = hub
    this.#losses = losses
  }

  record (partition: number, view: RecordView, cursorHead: string): void {
    try {
      this.#hub.deliver(partition, view, cursorHead)
    } catch (error) { // one bad record, say with headers that end nowhere, holds up no other
      this.undecodable(partition, view.offset, view.offset, (error as Error).message)
    }
  }

  undecodable (partition: number, from: number, to: number, reason: string): void {
    this.#losses.passedOver(this.#topic, partition, from, to, reason)
    this.#tell(partition, 'undecodable')
  }

  gap (partition: number, from: number, to: number, reason: LogGapReason): void {
    this.#losses.gone(this.#topic, partition, from, to, reason)
    this.#tell(partition, reason)
  }

  /** Those who are behind hear of it when they come there. */
  #tell (partition: number, reason: GapReason): void {
    for (const { downlink } of this.#hub.sessions()) {
      if (downlink.following.isHome(partition) && !downlink.following.isBehind(partition)) downlink.gap(reason)
    }
  }
}
