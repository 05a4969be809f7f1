import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'
import { refusal } from '../group.ts'

/**
 * JoinGroup 2-3
 *
 *   request  => group_id string, session_timeout_ms int32, rebalance_timeout_ms int32, member_id string, protocol_type string,
 *               [protocol string, metadata bytes]
 *   response => throttle_time_ms int32, error_code int16, generation_id int32, protocol string, leader string, member_id string,
 *               [member_id string, metadata bytes] (the leader's answer alone has members)
 *
 * Simplified: every join begins a rebalance, the first one of an empty group without waiting for others. No static members.
 */
export const joinGroup: Api = {
  name: 'JoinGroup',
  versions: [2, 3],
  async handle (request, reply, { groups, clientId, remoteHost, fault }) {
    const name = request.string()
    const joining = {
      sessionTimeoutMs: request.int32(),
      rebalanceTimeoutMs: request.int32(),
      memberId: request.string(),
      protocolType: request.string(),
      protocols: request.array((p) => ({ name: p.string(), metadata: Buffer.from(p.bytes()) })),
      clientId,
      clientHost: remoteHost
    }
    const joined = fault === ErrorCode.NONE ? await groups.get(name).join(joining) : refusal(fault, joining.memberId)
    reply.int32(0).int16(joined.error).int32(joined.generation).string(joined.protocol).string(joined.leader).string(joined.memberId)
      .array(joined.members, (w, { id, metadata }) => w.string(id).bytes(metadata))
  }
}
