import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * AddPartitionsToTxn 0-1
 *
 *   request  => transactional_id string, producer_id int64, producer_epoch int16, [topic string, [partition int32]]
 *   response => throttle_time_ms int32, [topic string, [partition int32, error_code int16]]
 *
 * Simplified: partitions that exist are added even if another of the request does not.
 */
export const addPartitionsToTxn: Api = {
  name: 'AddPartitionsToTxn',
  versions: [0, 1],
  handle (request, reply, { topics, transactions, fault }) {
    const id = request.string()
    const identity = { producerId: request.int64(), producerEpoch: request.int16() }
    const wanted = request.array((t) => ({ topic: t.string(), partitions: t.array((p) => p.int32()) }))
    const add = (topic: string, index: number): number => {
      const partition = topics.partition(topic, index)
      return partition === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : transactions.addPartition(id, identity, partition)
    }
    reply.int32(0).array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, index) =>
      p.int32(index).int16(fault === ErrorCode.NONE ? add(topic, index) : fault)))
  }
}
