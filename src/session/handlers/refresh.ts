import type { Grants } from '../../access/policy.ts'
import { denied, refreshed, watching } from '../../protocol/encode.ts'
import { httpErrors } from '../../protocol/http-errors.ts'
import { Problem } from '../../protocol/problem.ts'
import type { Session } from '../session.ts'

/** Other refusals say nothing of the token: too many come, or nobody can be asked. */
const OF_TOKEN = new Set<number>([400, 401, 403])
/** To look at a token costs as much as a thousand frames. */
const EVERY_MS = 1_000

/** Takes a new token in the place of what the session has; while it is looked at, everything else goes on under the old one. */
export function handleRefresh (session: Session, token: string): void {
  const { clock, identify } = session.context
  if (clock.elapsed() < session.refreshableMs) return session.sendText(denied('too-soon'))
  session.refreshableMs = Infinity
  identify(token, session)
    .then((grants) => renew(session, grants), (error: unknown) => deny(session, error))
    .finally(() => { session.refreshableMs = clock.elapsed() + EVERY_MS })
}

function renew (session: Session, grants: Grants): void {
  if (session.closing) return
  const { device, context: { clock, observer, watchers } } = session
  const { identity: { device: named = device, expiresMs } } = grants
  const isSame = named === device || named === session.grants.identity.device // who may come as others keeps its own id
  if (!isSame || !grants.may('connect', device)) {
    observer.refreshed(session, 'not-permitted')
    return session.close('not-permitted', 'That token does not let you be this device.')
  }
  session.renew(grants)
  observer.refreshed(session)
  session.sendText(refreshed(expiresMs === undefined ? undefined : expiresMs - clock.now()))
  for (const watched of watchers.watched(session)) {
    if (!grants.may('watch', watched)) session.sendText(watching(watchers.unwatch(session, watched), watched))
  }
}

/** What is wrong with the token is its bearer's to know; what else went wrong is not. */
function deny (session: Session, error: unknown): void {
  const isToken = error instanceof Problem && OF_TOKEN.has(httpErrors[error.code].status)
  const code = isToken ? 'bad-credentials' : 'unavailable'
  session.context.observer.refreshed(session, code)
  session.sendText(denied(code, isToken ? error.message : undefined))
}
