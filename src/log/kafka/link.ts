import type { Batch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** A request is answered when its slowest partition is: from here on, who could go without it does. */
export const SLOW_MS = 200

/** Under way on one lane at most. A request that does not come through within its time-out goes again, so it must not grow with what is held. */
const MOST_BYTES = 4 * 1024 * 1024

/** Produce requests under way to one broker. It answers those of one connection in order, so there are two. */
export type Lane = 0 | 1
export const MAIN: Lane = 0
export const SIDE: Lane = 1

export interface Request {
  readonly queues: readonly PartitionQueue[]
  readonly lane: Lane
  readonly sentMs: number
  readonly isSlow: boolean
  readonly bytes: number
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

  /** Those whose heads find room on the lane, the oldest first; the others wait for an answer. One at least where nothing is under way. */
  fitting (lane: Lane, queues: readonly PartitionQueue[]): readonly PartitionQueue[] {
    let bytes = this.on(lane).reduce((sum, request) => sum + request.bytes, 0)
    if (bytes + bytesOf(queues) <= MOST_BYTES) return queues
    const oldest = [...queues].sort((a, b) => (a.head as Batch).sinceMs - (b.head as Batch).sinceMs)
    const end = oldest.findIndex(({ head }) => (bytes += (head as Batch).bytes) > MOST_BYTES)
    return oldest.slice(0, end === 0 && this.isIdle(lane) ? 1 : end)
  }

  /** Where a request of partitions that are not slow finds nothing slow before it; undefined where that is nowhere. */
  free (nowMs: number): Lane | undefined {
    const blocked = (lane: Lane): boolean => this.#underWay.some((r) => r.lane === lane && (r.isSlow || nowMs - r.sentMs >= SLOW_MS))
    if (!blocked(MAIN)) return MAIN
    return blocked(SIDE) ? undefined : SIDE
  }
}

export function bytesOf (queues: readonly PartitionQueue[]): number {
  return queues.reduce((sum, { head }) => sum + (head as Batch).bytes, 0)
}
