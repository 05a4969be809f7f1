/** Pings of one socket whose pongs are held, or which the network has not taken yet; more end it. */
export const MAX_PENDING_PONGS = 64

/** Pongs that wait until every frame before their ping is in Kafka, in the order of the pings. */
export class HeldPongs {
  #held: Array<{ readonly upTo: number, readonly data: Buffer }> = []

  get count (): number { return this.#held.length }

  /** `data` is copied: it is a view of all that was read from the socket with it. */
  hold (upTo: number, data: Buffer): void { this.#held.push({ upTo, data: Buffer.from(data) }) }

  /** The frames up to `id` are stored: what waited for those, and no longer does. */
  release (id: number): Buffer[] {
    const end = this.#held.findIndex(({ upTo }) => upTo > id)
    return this.#held.splice(0, end === -1 ? this.#held.length : end).map(({ data }) => data)
  }
}
