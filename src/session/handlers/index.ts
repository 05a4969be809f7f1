import type { ClientFrame } from '../../protocol/decode.ts'
import type { Session } from '../session.ts'
import { handlePublish } from './publish.ts'
import { handleRefresh } from './refresh.ts'
import { handleUnwatch, handleWatch } from './watch.ts'

/** What each frame of `sluice.v1` does. */
export function handle (session: Session, frame: ClientFrame): void {
  switch (frame.type) {
    case 'publish': return handlePublish(session, frame)
    case 'watch': return handleWatch(session, frame.device)
    case 'unwatch': return handleUnwatch(session, frame.device)
    case 'received': return session.downlink.received(frame.cursor)
    case 'refresh': return handleRefresh(session, frame.token)
    case 'refuse': return session.uplink.refuse(frame.id, frame.code, frame.message)
    case 'misuse': return session.close(frame.close, frame.message)
  }
}
