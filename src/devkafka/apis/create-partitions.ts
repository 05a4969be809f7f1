import { ErrorCode, errorName } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * CreatePartitions 0-1
 *
 *   request  => [topic string, count int32, [[broker int32]] or null], timeout_ms int32, validate_only boolean
 *   response => throttle_time_ms int32, [topic string, error_code int16, error_message nullable_string]
 *
 * Simplified: assignments to brokers are ignored.
 */
export const createPartitions: Api = {
  name: 'CreatePartitions',
  versions: [0, 1],
  handle (request, reply, { topics, fault }) {
    const wanted = request.array((t) => {
      const topic = { name: t.string(), count: t.int32() }
      t.array((assignment) => assignment.array((broker) => broker.int32()))
      return topic
    })
    request.int32() // timeout
    const validateOnly = request.boolean()
    reply.int32(0).array(wanted, (w, { name, count }) => {
      const error = fault !== ErrorCode.NONE ? fault : validateOnly ? topics.growthError(name, count) : topics.grow(name, count)
      w.string(name).int16(error).string(error === ErrorCode.NONE ? null : errorName(error))
    })
  }
}
