import { ErrorCode } from '../../wire/errors.ts'
import type { Writer } from '../../wire/writer.ts'
import type { Api } from '../api.ts'
import { apiKey } from '../api-keys.ts'

/**
 * ApiVersions 0-2
 *
 *   request  => (nothing)
 *   response => error_code int16, [api_key int16, min_version int16, max_version int16], throttle_time_ms int32 (v1+)
 *
 * Simplified: nothing is left out of these versions.
 */
export const apiVersions: Api = {
  name: 'ApiVersions',
  versions: [0, 2],
  handle (_request, reply, { version, apis, fault }) {
    writeVersions(reply, fault, apis)
    if (version >= 1) reply.int32(0)
  }
}

/** Clients ask in their newest version first. One that is too new for us is told ours in the form of version 0. */
export function versionsUnsupported (reply: Writer, apis: readonly Api[]): Writer {
  return writeVersions(reply, ErrorCode.UNSUPPORTED_VERSION, apis)
}

function writeVersions (reply: Writer, error: number, apis: readonly Api[]): Writer {
  return reply.int16(error).array(apis, (w, { name, versions: [oldest, newest] }) => w.int16(apiKey(name)).int16(oldest).int16(newest))
}
