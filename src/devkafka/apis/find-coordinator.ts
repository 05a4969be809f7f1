import type { Api } from '../api.ts'
import { NODE_ID } from '../api.ts'

/**
 * FindCoordinator 0-2
 *
 *   request  => key string, key_type int8 (v1+)
 *   response => throttle_time_ms int32 (v1+), error_code int16, error_message nullable_string (v1+), node_id int32, host string,
 *               port int32
 *
 * Simplified: the one node coordinates every group and every transactional id.
 */
export const findCoordinator: Api = {
  name: 'FindCoordinator',
  versions: [0, 2],
  handle (_request, reply, { version, host, port, fault }) {
    if (version >= 1) reply.int32(0)
    reply.int16(fault)
    if (version >= 1) reply.string(null)
    reply.int32(NODE_ID).string(host).int32(port)
  }
}
