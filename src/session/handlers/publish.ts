import type { Publish } from '../../protocol/decode.ts'
import { publish } from '../publish.ts'
import type { Session } from '../session.ts'

/** Ids rise; only the one that was refused for now may come again, and opens the way for those behind it. */
export function handlePublish (session: Session, { id, event, source, from, to, contentType }: Publish): void {
  if (id === session.blockedId) session.blockedId = 0
  else if (session.blockedId !== 0 && id > session.blockedId) return session.refuse(id, 'earlier-refused')
  else if (id <= session.lastId) return session.refuse(id, 'id-not-rising')
  publish(session, id, event, source, from, to, contentType)
}
