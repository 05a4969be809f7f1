import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * AddOffsetsToTxn 0-1
 *
 *   request  => transactional_id string, producer_id int64, producer_epoch int16, group_id string
 *   response => throttle_time_ms int32, error_code int16
 *
 * Simplified: the group is not remembered; TxnOffsetCommit names it again.
 */
export const addOffsetsToTxn: Api = {
  name: 'AddOffsetsToTxn',
  versions: [0, 1],
  handle (request, reply, { transactions, fault }) {
    const id = request.string()
    const identity = { producerId: request.int64(), producerEpoch: request.int16() }
    reply.int32(0).int16(fault === ErrorCode.NONE ? transactions.begin(id, identity) : fault)
  }
}
