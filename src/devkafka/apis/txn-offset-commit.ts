import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * TxnOffsetCommit 0-1
 *
 *   request  => transactional_id string, group_id string, producer_id int64, producer_epoch int16,
 *               [topic string, [partition int32, offset int64, metadata nullable_string]]
 *   response => throttle_time_ms int32, [topic string, [partition int32, error_code int16]]
 *
 * Simplified: nothing is left out of these versions.
 */
export const txnOffsetCommit: Api = {
  name: 'TxnOffsetCommit',
  versions: [0, 1],
  handle (request, reply, { transactions, fault }) {
    const id = request.string()
    const group = request.string()
    const identity = { producerId: request.int64(), producerEpoch: request.int16() }
    const wanted = request.array((t) => ({
      topic: t.string(),
      partitions: t.array((p) => ({ partition: p.int32(), committed: { offset: p.int64(), metadata: p.nullableString() } }))
    }))
    reply.int32(0).array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, { partition, committed }) =>
      p.int32(partition).int16(fault === ErrorCode.NONE ? transactions.addOffset(id, identity, group, topic, partition, committed) : fault)))
  }
}
