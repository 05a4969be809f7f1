import type { Waiter } from './waiter.ts'

/** Those whom one pass serves, by device. */
export class Waiters {
  #byDevice = new Map<string, Waiter[]>()
  /** Those whose witness has not been seen yet, the farthest first. */
  #unseen: Waiter[] = []
  #size = 0

  get size (): number { return this.#size }

  add (waiter: Waiter): void {
    const same = this.#byDevice.get(waiter.device)
    if (same === undefined) this.#byDevice.set(waiter.device, [waiter])
    else same.push(waiter)
    this.#size += 1
    if (waiter.witness === undefined) return
    let at = this.#unseen.length
    while (at > 0 && (this.#unseen[at - 1] as Waiter).from < waiter.from) at--
    this.#unseen.splice(at, 0, waiter)
  }

  /** Returns whether it was here. */
  remove (waiter: Waiter): boolean {
    const same = this.#byDevice.get(waiter.device)
    const at = same?.indexOf(waiter) ?? -1
    if (same === undefined || at === -1) return false
    same.splice(at, 1)
    if (same.length === 0) this.#byDevice.delete(waiter.device)
    this.#size -= 1
    this.#unseen = this.#unseen.filter((one) => one !== waiter)
    return true
  }

  has (waiter: Waiter): boolean { return this.of(waiter.device)?.includes(waiter) === true }

  of (device: string): readonly Waiter[] | undefined { return this.#byDevice.get(device) }

  /** Takes the next one, of those with a witness, whose place lies before or right behind `offset`: each comes once. */
  nextUnseen (offset: number): Waiter | undefined {
    const nearest = this.#unseen.at(-1)
    return nearest !== undefined && nearest.from - 1 <= offset ? this.#unseen.pop() : undefined
  }

  * [Symbol.iterator] (): Generator<Waiter> { for (const same of this.#byDevice.values()) yield * same }
}
