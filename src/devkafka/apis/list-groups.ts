import type { Api } from '../api.ts'

/**
 * ListGroups 0-2
 *
 *   request  => (nothing)
 *   response => throttle_time_ms int32 (v1+), error_code int16, [group_id string, protocol_type string]
 *
 * Simplified: nothing is left out of these versions.
 */
export const listGroups: Api = {
  name: 'ListGroups',
  versions: [0, 2],
  handle (_request, reply, { version, groups, fault }) {
    if (version >= 1) reply.int32(0)
    reply.int16(fault).array(groups.all(), (w, [name, { protocolType }]) => w.string(name).string(protocolType))
  }
}
