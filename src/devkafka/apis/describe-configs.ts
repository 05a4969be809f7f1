import { ErrorCode, errorName } from '../../wire/errors.ts'
import type { Writer } from '../../wire/writer.ts'
import type { Api, Context } from '../api.ts'
import type { ShownConfig } from '../topic-configs.ts'

const TOPIC = 2
const OF_THE_TOPIC = 1
const BY_DEFAULT = 5

/**
 * DescribeConfigs 1-2
 *
 *   request  => [resource_type int8, name string, [config string] or null: all], include_synonyms boolean
 *   response => throttle_time_ms int32, [error_code int16, error_message nullable_string, resource_type int8, name string,
 *               [config string, value nullable_string, read_only boolean, source int8, sensitive boolean,
 *                synonyms [name string, value nullable_string, source int8]]]
 *
 * Simplified: only topics have settings; a broker shows none. There are no synonyms.
 */
export const describeConfigs: Api = {
  name: 'DescribeConfigs',
  versions: [1, 2],
  handle (request, reply, context) {
    const resources = request.array((r) => ({ type: r.int8(), name: r.string(), wanted: r.nullableArray((c) => c.string()) }))
    reply.int32(0).array(resources, (w, { type, name, wanted }) => {
      const { error, configs } = type === TOPIC ? ofTopic(name, context) : { error: context.fault, configs: [] }
      w.int16(error).string(error === ErrorCode.NONE ? null : errorName(error)).int8(type).string(name)
        .array(configs.filter((config) => wanted?.includes(config.name) ?? true), writeConfig)
    })
  }
}

function ofTopic (name: string, { topics, fault }: Context): { error: number, configs: ShownConfig[] } {
  const topic = topics.get(name)
  if (fault !== ErrorCode.NONE) return { error: fault, configs: [] }
  if (topic === undefined) return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, configs: [] }
  return { error: ErrorCode.NONE, configs: topic.configs.shown() }
}

function writeConfig (w: Writer, { name, value, isDefault }: ShownConfig): void {
  w.string(name).string(value).boolean(false).int8(isDefault ? BY_DEFAULT : OF_THE_TOPIC).boolean(false).int32(0)
}
