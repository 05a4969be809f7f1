import { ErrorCode, errorName } from '../../wire/errors.ts'
import { batchesEnd } from '../../wire/batch-walk.ts'
import { decodeFetch, encodeFetch, FETCH } from '../../wire/fetch.ts'
import { LogError, type Fetched } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { describe } from './errors.ts'

/** What stands there already is asked for; nothing is waited for. */
const MAX_WAIT_MS = 100

/** One piece of a partition from `offset` on; one try. Who asked tries again. */
export async function readPartition (cluster: Cluster, topic: string, partition: number, offset: number, maxBytes: number): Promise<Fetched> {
  const [fetched] = decodeFetch(await fetch(cluster, topic, partition, offset, maxBytes)).partitions
  if (fetched === undefined) throw new LogError('failed', `Kafka left ${topic}/${partition} out of its answer.`)
  const { errorCode, buffer, recordsAt: at, recordsEnd: end, aborted, lastStableOffset: readable } = fetched
  if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
    throw new LogError('offset-gone', `Offset ${offset} of ${topic}/${partition} does not exist, or no longer does.`)
  }
  if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) cluster.denials.denied('READ', topic)
  if (errorCode === ErrorCode.NONE) cluster.denials.granted('READ', topic)
  if (errorCode !== ErrorCode.NONE) await cluster.refresh().catch(() => {}) // a leader may have moved
  if (errorCode !== ErrorCode.NONE) throw new LogError('failed', `Kafka did not read ${topic}/${partition}: ${errorName(errorCode)}.`)
  const next = batchesEnd(buffer, at, end, offset)
  if (next === offset && end > at) throw new LogError('failed', `What stands at offset ${offset} of ${topic}/${partition} cannot be read.`)
  return { from: offset, next, buffer, at, end, aborted, readable }
}

async function fetch (cluster: Cluster, topic: string, partition: number, offset: number, maxBytes: number): Promise<Buffer> {
  const bounds = { maxWaitMs: MAX_WAIT_MS, minBytes: 1, maxBytes, partitionMaxBytes: maxBytes, rack: '' }
  try {
    return await cluster.send(cluster.leader(topic, partition), FETCH, encodeFetch([{ topic, partition, offset }], bounds))
  } catch (error) {
    await cluster.refresh().catch(() => {})
    throw new LogError('unreachable', `Kafka did not read ${topic}/${partition}: ${describe(error)}.`, error)
  }
}
