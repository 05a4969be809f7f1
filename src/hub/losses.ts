import type { GapReason } from '../log/log.ts'

/** A sentence for the operator. */
export interface Notices {
  warn: (facts: object, sentence: string) => void
}

/** Records that this gateway could not hand on, counted and told. */
export class Losses {
  readonly #notices: Notices
  /** Records that could not be decoded, since the start. */
  undecodable = 0

  constructor (notices: Notices) {
    this.#notices = notices
  }

  passedOver (topic: string, partition: number, from: number, to: number, reason: string): void {
    this.undecodable += to - from + 1
    this.#notices.warn({ topic, partition, from, to }, `Records of ${topic}/${partition} cannot be decoded and were passed over: ${reason}.`)
  }

  gone (topic: string, partition: number, from: number, to: number, reason: GapReason): void {
    const why = reason === 'retention' ? 'retention passed it' : 'the topic was truncated or made anew'
    this.#notices.warn({ topic, partition, from, to }, `Records of ${topic}/${partition} from offset ${from} on are gone: ${why}. Reading goes on at ${to}.`)
  }
}
