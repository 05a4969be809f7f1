import { walkBatches } from '../../wire/batch-walk.ts'
import { ErrorCode, errorName } from '../../wire/errors.ts'
import { decodeFetch, encodeFetch, FETCH, type FetchBounds } from '../../wire/fetch.ts'
import type { RecordView } from '../../wire/record-view.ts'
import { LogError, type ReadSink } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { describe } from './errors.ts'

const BOUNDS: FetchBounds = { maxWaitMs: 500, minBytes: 1, maxBytes: 4 << 20, partitionMaxBytes: 4 << 20, rack: '' }

/** Reads `[from, until)` of one partition; one try at each piece. Records beyond `until` that came along are not handed on. */
export async function readPartition (cluster: Cluster, topic: string, partition: number, from: number, until: number, sink: ReadSink): Promise<void> {
  const within = {
    record: (record: RecordView) => { if (record.offset < until) sink.record(partition, record) },
    undecodable: (first: number, last: number, reason: string) => sink.undecodable(partition, first, last, reason)
  }
  for (let offset = from; offset < until;) {
    const [fetched] = decodeFetch(await fetch(cluster, topic, partition, offset)).partitions
    if (fetched === undefined) throw new LogError('failed', `Kafka left ${topic}/${partition} out of its answer.`)
    if (fetched.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      throw new LogError('offset-gone', `Offset ${offset} of ${topic}/${partition} does not exist, or no longer does.`)
    }
    if (fetched.errorCode !== ErrorCode.NONE) await cluster.refresh().catch(() => {}) // a leader may have moved; who asked tries again
    if (fetched.errorCode !== ErrorCode.NONE) throw new LogError('failed', `Kafka did not read ${topic}/${partition}: ${errorName(fetched.errorCode)}.`)
    const next = walkBatches(fetched.buffer, fetched.recordsAt, fetched.recordsEnd, offset, fetched.aborted, within)
    if (next === offset && fetched.recordsEnd > fetched.recordsAt) throw new LogError('failed', `What stands at offset ${offset} of ${topic}/${partition} cannot be read.`)
    offset = next
  }
}

async function fetch (cluster: Cluster, topic: string, partition: number, offset: number): Promise<Buffer> {
  try {
    return await cluster.send(cluster.leader(topic, partition), FETCH, encodeFetch([{ topic, partition, offset }], BOUNDS))
  } catch (error) {
    await cluster.refresh().catch(() => {})
    throw new LogError('unreachable', `Kafka did not read ${topic}/${partition}: ${describe(error)}.`, error)
  }
}
