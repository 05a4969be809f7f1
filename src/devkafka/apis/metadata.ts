import { ErrorCode } from '../../wire/errors.ts'
import type { Writer } from '../../wire/writer.ts'
import type { Api, Context } from '../api.ts'
import { NODE_ID } from '../api.ts'
import { isTopicName } from '../topics.ts'

/** READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS, each the bit of its code. */
const EVERYTHING = 0b1101_1111_1000
const NOT_ASKED = -0x8000_0000
const FIRST_EPOCH = 0

/**
 * Metadata 1-8
 *
 *   request  => [topic string] (null: all), allow_auto_topic_creation boolean (v4+),
 *               include_cluster_authorized_operations boolean (v8+), include_topic_authorized_operations boolean (v8+)
 *   response => throttle_time_ms int32 (v3+), [node_id int32, host string, port int32, rack nullable_string],
 *               cluster_id nullable_string (v2+), controller_id int32,
 *               [error_code int16, topic string, is_internal boolean,
 *                [error_code int16, partition int32, leader_id int32, leader_epoch int32 (v7+), replicas [int32], isr [int32],
 *                 offline_replicas [int32] (v5+)], authorized_operations int32 (v8+)],
 *               cluster_authorized_operations int32 (v8+)
 *
 * Simplified: one node leads everything, and everybody may do everything. A topic that is created by being asked for is there at once.
 */
export const metadata: Api = {
  name: 'Metadata',
  versions: [1, 8],
  handle (request, reply, context) {
    const { version, topics, host, port, id } = context
    const asked = request.nullableArray((r) => r.string())
    const mayCreate = version < 4 || request.boolean()
    const tellsAllowed = version >= 8 && (request.boolean(), request.boolean())
    if (version >= 3) reply.int32(0)
    reply.array([NODE_ID], (w, node) => w.int32(node).string(host).int32(port).string(null))
    if (version >= 2) reply.string(id)
    reply.int32(NODE_ID).array(asked ?? topics.names(), (w, name) => writeTopic(w, name, mayCreate, tellsAllowed, context))
    if (version >= 8) reply.int32(NOT_ASKED)
  }
}

function writeTopic (w: Writer, name: string, mayCreate: boolean, tellsAllowed: boolean, { version, topics, autoCreate, fault, withheld }: Context): void {
  if (mayCreate && autoCreate && fault === ErrorCode.NONE) topics.create({ name })
  const topic = fault === ErrorCode.NONE ? topics.get(name) : undefined
  const unknown = isTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
  const error = fault === ErrorCode.NONE && topic === undefined ? unknown : fault
  const partitions = topic?.partitions ?? []
  w.int16(error).string(name).boolean(false).array(partitions.keys(), (p, index) => {
    p.int16(ErrorCode.NONE).int32(index).int32(NODE_ID)
    if (version >= 7) p.int32(FIRST_EPOCH)
    writeNodes(p)
    writeNodes(p)
    if (version >= 5) p.int32(0)
  })
  if (version >= 8) w.int32(tellsAllowed ? EVERYTHING & ~withheld : NOT_ASKED)
}

function writeNodes (w: Writer): void {
  w.array([NODE_ID], (n, node) => n.int32(node))
}
