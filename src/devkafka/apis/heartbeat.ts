import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * Heartbeat 0-2
 *
 *   request  => group_id string, generation_id int32, member_id string
 *   response => throttle_time_ms int32 (v1+), error_code int16
 *
 * Simplified: no static members.
 */
export const heartbeat: Api = {
  name: 'Heartbeat',
  versions: [0, 2],
  handle (request, reply, { version, groups, fault }) {
    const group = groups.get(request.string())
    const generation = request.int32()
    if (version >= 1) reply.int32(0)
    reply.int16(fault === ErrorCode.NONE ? group.heartbeat(request.string(), generation) : fault)
  }
}
