import { ErrorCode, errorName } from '../../wire/errors.ts'
import type { Reader } from '../../wire/reader.ts'
import type { Api } from '../api.ts'
import type { NewTopic } from '../topics.ts'

/**
 * CreateTopics 2-4
 *
 *   request  => [topic string, partitions int32, replication_factor int16, [partition int32, [broker int32]],
 *                [config string, value nullable_string]], timeout_ms int32, validate_only boolean
 *   response => throttle_time_ms int32, [topic string, error_code int16, error_message nullable_string]
 *
 * Simplified: an assignment of partitions to brokers only says how many there are. Settings are kept and shown;
 * max.message.bytes, cleanup.policy and delete.retention.ms are obeyed. What is compacted is never dropped for its age or size.
 */
export const createTopics: Api = {
  name: 'CreateTopics',
  versions: [2, 4],
  handle (request, reply, { topics, fault }) {
    const wanted = request.array(readTopic)
    request.int32() // timeout
    const validateOnly = request.boolean()
    reply.int32(0).array(wanted, (w, topic) => {
      const error = fault !== ErrorCode.NONE ? fault : validateOnly ? topics.creationError(topic) : topics.create(topic)
      w.string(topic.name).int16(error).string(error === ErrorCode.NONE ? null : errorName(error))
    })
  }
}

function readTopic (request: Reader): NewTopic {
  const name = request.string()
  const partitions = request.int32()
  const replicationFactor = request.int16()
  const assigned = request.array((a) => {
    a.int32()
    a.array((broker) => broker.int32())
  })
  const configs = request.array((c) => [c.string(), c.nullableString()] as const).filter((entry): entry is [string, string] => entry[1] !== null)
  return { name, partitions: assigned.length > 0 ? assigned.length : partitions, replicationFactor, configs: Object.fromEntries(configs) }
}
