import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * DescribeGroups 0-2
 *
 *   request  => [group_id string]
 *   response => throttle_time_ms int32 (v1+), [error_code int16, group_id string, state string, protocol_type string, protocol string,
 *               [member_id string, client_id string, client_host string, metadata bytes, assignment bytes]]
 *
 * Simplified: nothing is left out of these versions.
 */
export const describeGroups: Api = {
  name: 'DescribeGroups',
  versions: [0, 2],
  handle (request, reply, { version, groups, fault }) {
    if (version >= 1) reply.int32(0)
    reply.array(request.array((r) => r.string()), (w, name) => {
      const group = fault === ErrorCode.NONE ? groups.find(name) : undefined
      w.int16(fault).string(name).string(group?.state ?? 'Dead').string(group?.protocolType ?? '').string(group?.protocol ?? '')
        .array(group?.described ?? [], (m, member) => m.string(member.id).string(member.clientId).string(`/${member.clientHost}`)
          .bytes(member.metadata).bytes(member.assignment))
    })
  }
}
