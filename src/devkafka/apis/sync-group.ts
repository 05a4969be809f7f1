import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * SyncGroup 0-2
 *
 *   request  => group_id string, generation_id int32, member_id string, [member_id string, assignment bytes]
 *   response => throttle_time_ms int32 (v1+), error_code int16, assignment bytes
 *
 * Simplified: no static members.
 */
export const syncGroup: Api = {
  name: 'SyncGroup',
  versions: [0, 2],
  async handle (request, reply, { version, groups, fault }) {
    const group = groups.get(request.string())
    const generation = request.int32()
    const memberId = request.string()
    const assignments = new Map(request.array((a) => [a.string(), Buffer.from(a.bytes())] as const))
    const { error, assignment } = fault === ErrorCode.NONE
      ? await group.sync(memberId, generation, assignments)
      : { error: fault, assignment: Buffer.alloc(0) }
    if (version >= 1) reply.int32(0)
    reply.int16(error).bytes(assignment)
  }
}
