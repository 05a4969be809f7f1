import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Act, Audit, Facts } from '../audit/audit.ts'
import type { Grants } from '../access/policy.ts'
import { httpErrors } from '../protocol/http-errors.ts'
import { Problem } from '../protocol/problem.ts'
import type { Session } from '../session/session.ts'
import { handshakeOf, type Callers } from './callers.ts'

/** Who is not known, who may not, and who asks too often. Other mistakes are no business of an auditor. */
const TOLD = new Set<number>([401, 403, 429])

/** Writes down who was refused, whatever refused them. */
export function auditRefusals (app: FastifyInstance, callers: Callers, audit: Audit): void {
  app.addHook('onError', async (request, _reply, error) => {
    if (!(error instanceof Problem) || !TOLD.has(httpErrors[error.code].status)) return
    const { url } = request.routeOptions
    const { deviceId, id } = request.params as { deviceId?: string, id?: string }
    const device = deviceId ?? (url?.startsWith('/v1/devices/') === true ? id : undefined)
    audit.write('refused', { ...callerFacts(request, callers.known(request)), device, code: error.code, method: request.method, route: url })
  })
}

/** Carries an act out and writes it down with what came of it; also where it failed, for it may have happened all the same. */
export async function audited<T extends object | void> (audit: Audit | undefined, act: Act, facts: Facts, carryOut: () => Promise<T>): Promise<T> {
  try {
    const outcome = await carryOut()
    audit?.write(act, { ...facts, ...outcome })
    return outcome
  } catch (error) {
    audit?.write(act, { ...facts, code: error instanceof Problem ? error.code : 'internal' })
    throw error
  }
}

/** Writes down that a socket came, and that it went. */
export function auditSocket (audit: Audit, ws: WebSocket, session: Session): void {
  const facts = { ...sessionFacts(session), mode: session.mode }
  audit.write('connected', facts)
  ws.once('close', (code) => audit.write('disconnected', { ...facts, code: String(code) }))
}

/** Whom an act on a socket concerns. */
export function sessionFacts ({ grants: { identity: { subject, by, roles } }, address, origin, device, id }: Session): Facts {
  return { subject, by, roles, address, origin, device, session: id }
}

/** Whom an act over HTTP concerns. */
export function callerFacts (request: FastifyRequest, grants: Grants | undefined): Facts {
  const { address, origin } = handshakeOf(request)
  const { subject, by, roles } = grants?.identity ?? {}
  return { subject, by, roles, address, origin }
}
