import type { Publish } from '../../protocol/decode.ts'
import { publish } from '../publish.ts'
import type { Session } from '../session.ts'

/** Ids rise; only the one that was refused for now may come again, and opens the way for those behind it. */
export function handlePublish (session: Session, { id, event, source, from, to, contentType }: Publish): void {
  const { uplink } = session
  if (!session.may('publish', event ?? '')) return uplink.refuse(id, 'not-permitted')
  if (id === uplink.blockedId) uplink.blockedId = 0
  else if (uplink.isBehindBlocked(id)) return uplink.refuse(id, 'earlier-refused')
  else if (id <= uplink.lastId) return uplink.refuse(id, 'id-not-rising')
  publish(session, id, event, source, from, to, contentType)
}
