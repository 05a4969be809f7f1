import { setTimeout as delay } from 'node:timers/promises'
import type { ErrorName } from '../wire/errors.ts'
import type { ApiName } from './api-keys.ts'

/** 'request' is before the request is done, 'answer' is when it is done and its answer is due. */
export type Leg = 'request' | 'answer'

/** What a test may ask the broker to do wrong with one request. */
export type Fault =
  | { error: ErrorName } // do nothing and answer with this code
  | { delay: Leg, ms: number }
  | { cut: Leg } // end the connection there
  | { freeze: Leg } // until thaw()
  | { throttle: number } // do it, and tell a producer to send nothing for so many ms
  | { withhold: number } // do it, and say of each topic that the operations with these bits are not allowed

/** Faults wait in a queue per API: the next requests of that API meet them, one each, first come first served. */
export class Faults {
  readonly #queued = new Map<ApiName, Fault[]>()
  readonly #frozen = new Set<() => void>()

  push (api: ApiName, ...faults: Fault[]): void {
    this.#queued.set(api, [...this.#queued.get(api) ?? [], ...faults])
  }

  take (api: ApiName): Fault | undefined {
    return this.#queued.get(api)?.shift()
  }

  /** Faults that no request has met yet. */
  get pending (): number {
    let faults = 0
    for (const queue of this.#queued.values()) faults += queue.length
    return faults
  }

  /** Requests that a `freeze` holds now. */
  get frozen (): number { return this.#frozen.size }

  /** Lets go of every frozen request. */
  thaw (): void {
    for (const release of this.#frozen) release()
    this.#frozen.clear()
  }

  /** Resolves to false where the connection is to be cut. */
  async pass (fault: Fault | undefined, leg: Leg, gone: AbortSignal): Promise<boolean> {
    if (fault === undefined) return true
    if ('cut' in fault) return fault.cut !== leg
    if ('delay' in fault && fault.delay === leg) await delay(fault.ms, undefined, { signal: gone })
    if ('freeze' in fault && fault.freeze === leg) await new Promise<void>((resolve) => this.#frozen.add(resolve))
    return true
  }
}
