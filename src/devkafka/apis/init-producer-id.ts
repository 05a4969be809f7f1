import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * InitProducerId 0-1
 *
 *   request  => transactional_id nullable_string, transaction_timeout_ms int32
 *   response => throttle_time_ms int32, error_code int16, producer_id int64, producer_epoch int16
 *
 * Simplified: what the former producer of the transactional id left open is aborted before the answer, so
 * CONCURRENT_TRANSACTIONS is never answered. Transactional ids are forgotten when the broker ends; the producer of
 * before is refused then since its producer id is not known.
 */
export const initProducerId: Api = {
  name: 'InitProducerId',
  versions: [0, 1],
  handle (request, reply, { transactions, fault }) {
    const transactionalId = request.nullableString()
    const timeoutMs = request.int32()
    const { producerId, producerEpoch } = fault === ErrorCode.NONE
      ? transactions.init(transactionalId, timeoutMs)
      : { producerId: -1, producerEpoch: -1 }
    reply.int32(0).int16(fault).int64(producerId).int16(producerEpoch)
  }
}
