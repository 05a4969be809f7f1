import type { PartitionQueue } from './partition-queue.ts'

/** A request is answered when its slowest partition is: from here on, who could go without it does. */
export const SLOW_MS = 200

/** Produce requests under way to one broker. It answers those of one connection in order, so there are two. */
export type Lane = 0 | 1
export const MAIN: Lane = 0
export const SIDE: Lane = 1

export interface Request {
  readonly queues: readonly PartitionQueue[]
  readonly lane: Lane
  readonly sentMs: number
  readonly isSlow: boolean
  /** It was looked into why it takes so long. */
  examined: boolean
}

export class Link {
  readonly nodeId: number
  sentMs = -Infinity
  /** Kafka wants nothing before that. */
  throttledUntilMs = -Infinity
  #underWay: Request[] = []

  constructor (nodeId: number) {
    this.nodeId = nodeId
  }

  add (request: Request): void {
    this.#underWay.push(request)
    this.sentMs = request.sentMs
  }

  remove (request: Request): void { this.#underWay.splice(this.#underWay.indexOf(request), 1) }

  isIdle (lane: Lane): boolean { return !this.#underWay.some((r) => r.lane === lane) }

  /** In the order in which they are answered. */
  on (lane: Lane): Request[] { return this.#underWay.filter((r) => r.lane === lane) }

  /** Those that have been under way for so long. */
  olderThan (ms: number, nowMs: number): Request[] { return this.#underWay.filter((r) => nowMs - r.sentMs >= ms) }

  /** Where a request of partitions that are not slow finds nothing slow before it; undefined where that is nowhere. */
  free (nowMs: number): Lane | undefined {
    const blocked = (lane: Lane): boolean => this.#underWay.some((r) => r.lane === lane && (r.isSlow || nowMs - r.sentMs >= SLOW_MS))
    if (!blocked(MAIN)) return MAIN
    return blocked(SIDE) ? undefined : SIDE
  }
}
