import { watching } from '../../protocol/encode.ts'
import type { Session } from '../session.ts'

const MAX_WATCHED = 100

export function handleWatch (session: Session, device: string): void {
  const { watchers } = session.context
  if (!session.may('watch', device)) return session.sendText(watching(watchers.watched(session), device))
  if (watchers.watched(session).length >= MAX_WATCHED) return session.close('bad-watch', `One socket watches at most ${MAX_WATCHED} entries.`)
  if (session.awaitsWatch) return watchers.add(session, device)
  session.awaitsWatch = true
  watchers.watch(session, device).then(
    (devices) => {
      session.awaitsWatch = false
      session.sendText(watching(devices))
    },
    () => {} // the gateway is going away, and the socket hears of that
  )
}

export function handleUnwatch (session: Session, device: string): void {
  session.sendText(watching(session.context.watchers.unwatch(session, device)))
}
