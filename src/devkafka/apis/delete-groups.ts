import { ErrorCode } from '../../wire/errors.ts'
import type { Api, Context } from '../api.ts'

/**
 * DeleteGroups 0-1
 *
 *   request  => [group_id string]
 *   response => throttle_time_ms int32, [group_id string, error_code int16]
 *
 * Simplified: nothing is left out of these versions.
 */
export const deleteGroups: Api = {
  name: 'DeleteGroups',
  versions: [0, 1],
  handle (request, reply, context) {
    reply.int32(0).array(request.array((r) => r.string()), (w, name) => w.string(name).int16(remove(name, context)))
  }
}

function remove (name: string, { groups, fault }: Context): number {
  if (fault !== ErrorCode.NONE) return fault
  const group = groups.find(name)
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  if (group.size > 0) return ErrorCode.NON_EMPTY_GROUP
  groups.delete(name)
  return ErrorCode.NONE
}
