import type { BatchHeader } from './batch.ts'

/** A transaction that ended in an abort: its records lie between these offsets, the second being its marker's. */
export interface Aborted { readonly producerId: number, readonly first: number, readonly last: number }

/** The transactions of one partition: which are open, and which of those that ended were aborted. */
export class OpenTransactions {
  readonly #open = new Map<number, BatchHeader>()
  #aborted: Aborted[] = []

  /** Before this offset every transaction has ended. */
  lastStable (end: number): number {
    let offset = end
    for (const { base } of this.#open.values()) offset = Math.min(offset, base)
    return offset
  }

  /** The first batch of each. */
  get open (): BatchHeader[] { return [...this.#open.values()] }

  note (header: BatchHeader, abort: boolean): void {
    const { producerId } = header
    if (!header.transactional) return
    const first = this.#open.get(producerId)
    if (!header.control) this.#open.set(producerId, first ?? header)
    else this.#open.delete(producerId)
    if (abort && first !== undefined) this.#aborted.push({ producerId, first: first.base, last: header.base })
  }

  abortedBetween (offset: number, bound: number): Aborted[] {
    return this.#aborted.filter(({ first, last }) => last >= offset && first < bound)
  }

  /** Forgets what lies before the log's start. */
  forget (start: number): void {
    if (this.#aborted.length > 0) this.#aborted = this.#aborted.filter(({ last }) => last >= start)
  }
}
