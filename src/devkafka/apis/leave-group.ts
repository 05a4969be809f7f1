import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * LeaveGroup 0-2
 *
 *   request  => group_id string, member_id string
 *   response => throttle_time_ms int32 (v1+), error_code int16
 *
 * Simplified: one member at a time.
 */
export const leaveGroup: Api = {
  name: 'LeaveGroup',
  versions: [0, 2],
  handle (request, reply, { version, groups, fault }) {
    const group = groups.get(request.string())
    if (version >= 1) reply.int32(0)
    reply.int16(fault === ErrorCode.NONE ? group.leave(request.string()) : fault)
  }
}
