import { ErrorCode } from '../../wire/errors.ts'
import type { Api, Context } from '../api.ts'

/**
 * OffsetCommit 2-5
 *
 *   request  => group_id string, generation_id int32, member_id string, retention_time_ms int64 (v2-4),
 *               [topic string, [partition int32, offset int64, metadata nullable_string]]
 *   response => throttle_time_ms int32 (v3+), [topic string, [partition int32, error_code int16]]
 *
 * Simplified: offsets do not expire, and are in memory only. No static members.
 */
export const offsetCommit: Api = {
  name: 'OffsetCommit',
  versions: [2, 5],
  handle (request, reply, context) {
    const { version, groups } = context
    const name = request.string()
    const error = errorFor(name, request.int32(), request.string(), context)
    if (version <= 4) request.int64() // retention
    const wanted = request.array((t) => ({
      topic: t.string(),
      partitions: t.array((p) => ({ index: p.int32(), committed: { offset: p.int64(), metadata: p.nullableString() } }))
    }))
    if (version >= 3) reply.int32(0)
    reply.array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, { index, committed }) => {
      if (error === ErrorCode.NONE) groups.get(name).commit(topic, index, committed)
      p.int32(index).int16(error)
    }))
  }
}

/** Who is no member (generation -1) may commit while the group has none. */
function errorFor (name: string, generation: number, memberId: string, { groups, fault }: Context): number {
  if (fault !== ErrorCode.NONE) return fault
  const group = groups.get(name)
  return generation < 0 && group.size === 0 ? ErrorCode.NONE : group.memberError(memberId, generation)
}
