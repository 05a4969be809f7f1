import { ErrorCode } from '../../wire/errors.ts'
import type { Batch } from './batch.ts'
import type { Cluster } from './cluster.ts'
import { MAIN, SIDE, SLOW_MS, type Link, type Request } from './link.ts'
import type { PartitionQueue } from './partition-queue.ts'

/**
 * Where an answer on the main connection is late: marks the partitions that it waits for as slow, and frees what need not
 * wait for them. Each request is looked into once. Returns a promise where Kafka had to be asked which partitions these are.
 */
export function overtake (cluster: Cluster, link: Link, nowMs: number): Promise<void> | undefined {
  const [late, ...behind] = link.on(MAIN)
  if (late === undefined || late.examined || nowMs - late.sentMs < SLOW_MS) return undefined
  late.examined = true
  let found: Promise<void> | undefined
  if (late.queues.length === 1) (late.queues[0] as PartitionQueue).isSlow = true
  else found = findSlow(cluster, link, late)
  for (const request of behind) for (const queue of request.queues) if (queue.request === request) free(queue)
  return found
}

/** Which of its partitions does a request wait for? Those whose followers do not have yet what it brought. */
async function findSlow (cluster: Cluster, { nodeId }: Link, request: Request): Promise<void> {
  const found = await cluster.highWatermarks(nodeId, request.queues, SIDE).catch(() => [])
  for (const queue of request.queues) {
    if (queue.request !== request || queue.end < 0) continue
    const mark = found.find((f) => f.partition === queue.partition && f.topic === queue.topic)
    if (mark?.errorCode !== ErrorCode.NONE) continue
    if (mark.offset < queue.end + (queue.head as Batch).count) queue.isSlow = true
    else free(queue)
  }
}

/** The broker does not even read what waits behind a late request, so it goes again past it: what comes second is a repeat to Kafka. */
function free (queue: PartitionQueue): void {
  (queue.head as Batch).doubtful = true
  queue.request = undefined
}
