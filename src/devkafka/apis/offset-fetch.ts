import { ErrorCode } from '../../wire/errors.ts'
import type { Api } from '../api.ts'

/**
 * OffsetFetch 1-4
 *
 *   request  => group_id string, [topic string, [partition int32]] (v2+ null: all)
 *   response => throttle_time_ms int32 (v3+),
 *               [topic string, [partition int32, offset int64 (-1: none), metadata nullable_string, error_code int16]],
 *               error_code int16 (v2+)
 *
 * Simplified: offsets that an open transaction holds are not waited for.
 */
export const offsetFetch: Api = {
  name: 'OffsetFetch',
  versions: [1, 4],
  handle (request, reply, { version, groups, fault }) {
    const offsets = groups.find(request.string())?.offsets ?? new Map<string, never>()
    const wanted = request.nullableArray((t) => ({ topic: t.string(), partitions: t.array((p) => p.int32()) })) ??
      [...offsets].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }))
    if (version >= 3) reply.int32(0)
    reply.array(wanted, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, index) => {
      const committed = fault === ErrorCode.NONE ? offsets.get(topic)?.get(index) : undefined
      p.int32(index).int64(committed?.offset ?? -1)
      p.string(committed?.metadata ?? '').int16(fault)
    }))
    if (version >= 2) reply.int16(fault)
  }
}
