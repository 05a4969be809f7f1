import { murmur2 } from '../wire/murmur2.ts'
import type { RecordView } from '../wire/record-view.ts'
import type { Waiter } from './waiter.ts'

/** No device id is longer. */
export const MAX_KEY_BYTES = 128

/** Those whom one pass serves. */
export class Waiters {
  /** By the hash of their device: to make a string of each record's key cost as much as all the rest of a walk. */
  #byHash = new Map<number, Waiter[]>()
  /** Those whose witness has not been seen yet, the farthest first. */
  #unseen: Waiter[] = []
  #size = 0

  get size (): number { return this.#size }

  add (waiter: Waiter): void {
    const same = this.#byHash.get(waiter.hash)
    if (same === undefined) this.#byHash.set(waiter.hash, [waiter])
    else same.push(waiter)
    this.#size += 1
    if (waiter.witness === undefined) return
    let at = this.#unseen.length
    while (at > 0 && (this.#unseen[at - 1] as Waiter).from < waiter.from) at--
    this.#unseen.splice(at, 0, waiter)
  }

  /** Returns whether it was here. */
  remove (waiter: Waiter): boolean {
    const same = this.#byHash.get(waiter.hash)
    const at = same?.indexOf(waiter) ?? -1
    if (same === undefined || at === -1) return false
    same.splice(at, 1)
    if (same.length === 0) this.#byHash.delete(waiter.hash)
    this.#size -= 1
    if (waiter.witness !== undefined) this.#unseen = this.#unseen.filter((one) => one !== waiter)
    return true
  }

  has (waiter: Waiter): boolean { return this.#byHash.get(waiter.hash)?.includes(waiter) === true }

  /** Those whose device is this record's key, and who do not stand behind it. */
  of (record: RecordView): readonly Waiter[] {
    const { buffer, keyAt, keyLength } = record
    if (keyLength <= 0 || keyLength > MAX_KEY_BYTES) return []
    const alike = this.#byHash.get(murmur2(buffer, keyAt, keyAt + keyLength))
    if (alike === undefined) return []
    const device = record.asciiKey()
    return alike.filter((waiter) => waiter.device === device && waiter.from <= record.offset)
  }

  /** Takes the next one, of those with a witness, whose place lies before or right behind `offset`: each comes once. */
  nextUnseen (offset: number): Waiter | undefined {
    const nearest = this.#unseen.at(-1)
    return nearest !== undefined && nearest.from - 1 <= offset ? this.#unseen.pop() : undefined
  }

  * [Symbol.iterator] (): Generator<Waiter> { for (const same of this.#byHash.values()) yield * same }
}
