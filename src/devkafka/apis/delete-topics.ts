import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * DeleteTopics 1-3
 *
 *   request  => [topic string], timeout_ms int32
 *   response => throttle_time_ms int32, [topic string, error_code int16]
 *
 * Simplified: a topic is gone before the answer; Kafka deletes it a little later.
 */
export const deleteTopics: Api = {
  name: 'DeleteTopics',
  versions: [1, 3],
  handle (request, reply, { topics, fault }) {
    reply.int32(0).array(request.array((r) => r.string()), (w, name) => w.string(name).int16(fault === ErrorCode.NONE ? topics.delete(name) : fault))
  }
}
