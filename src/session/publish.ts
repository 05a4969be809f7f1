import { HeaderBlock, headerName } from '../wire/header-block.ts'
import type { Session } from './session.ts'

const SLUICE_ID = headerName('sluice-id')
const EVENT = headerName('event')
const CONTENT_TYPE = headerName('content-type')

/** One block serves all: `append` copies it before it returns. */
const headers = new HeaderBlock()

/** Appends `source[from, to)` to the uplink as the session's publish `id`. */
export function publish (session: Session, id: number, event: string | undefined, source: Buffer, from: number, to: number, contentType: string | undefined): void {
  const { context, key, uplink } = session
  headers.clear().addId(SLUICE_ID, session.id, id)
  if (event !== undefined) headers.add(EVENT, event)
  if (contentType !== undefined) headers.add(CONTENT_TYPE, contentType)
  uplink.lastId = id
  if (context.uplink.append(uplink.partition, key, source, from, to, headers, uplink, id)) uplink.appended()
  else uplink.refuse(id, 'holding-full')
}
