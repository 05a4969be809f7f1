import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * EndTxn 0-1
 *
 *   request  => transactional_id string, producer_id int64, producer_epoch int16, committed boolean
 *   response => throttle_time_ms int32, error_code int16
 *
 * Simplified: the markers are in the log before the answer; Kafka writes them a little later. Ending what was not begun
 * does nothing.
 */
export const endTxn: Api = {
  name: 'EndTxn',
  versions: [0, 1],
  handle (request, reply, { transactions, fault }) {
    const id = request.string()
    const identity = { producerId: request.int64(), producerEpoch: request.int16() }
    reply.int32(0).int16(fault === ErrorCode.NONE ? transactions.end(id, identity, request.boolean()) : fault)
  }
}
