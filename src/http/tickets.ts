import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { NOBODY } from '../access/identity.ts'
import type { Grants } from '../access/policy.ts'
import { DEFAULT_TICKET_MS, MAX_TICKET_MS, type Tickets } from '../access/tickets.ts'
import type { Audit } from '../audit/audit.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { Problem } from '../protocol/problem.ts'
import { callerFacts } from './auditing.ts'
import type { Callers } from './callers.ts'

const MIN_TICKET_MS = 1_000
const Asked = Type.Object({
  device: Type.Optional(Type.String()),
  origin: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  ttlMs: Type.Optional(Type.Integer({ minimum: MIN_TICKET_MS, maximum: MAX_TICKET_MS }))
}, { additionalProperties: false })
const Made = Type.Object({ ticket: Type.String(), expiresAt: Type.Integer() })
const ProblemBody = Type.Object({ code: Type.String(), message: Type.String() })

/** `POST /v1/tickets`: what opens one socket within seconds, for who cannot set headers. Where a page asks, it is bound to that page's origin. */
export function ticketRoutes (app: FastifyInstance, callers: Callers, tickets: Tickets | undefined, audit: Audit | undefined): void {
  const granted = new WeakMap<FastifyRequest, Grants>()
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    if (tickets === undefined) throw new Problem('not-found', 'This server gives no tickets (auth.tickets.secretFile).')
    granted.set(request, await callers.of(request))
  }
  const schema = { body: Asked, response: { 201: Made, '4xx': ProblemBody } }
  app.post<{ Body: Static<typeof Asked> }>('/v1/tickets', { onRequest, schema }, async (request, reply) => {
    const grants = granted.get(request) as Grants
    const { identity } = grants
    if (identity === NOBODY) throw new Problem('unauthenticated', 'A ticket carries on what your credentials allow, and you brought none.')
    const { device = identity.device, origin = request.headers.origin, ttlMs = DEFAULT_TICKET_MS } = request.body
    if (device === undefined) throw new Problem('bad-device-id', 'Neither the body nor your credentials name a device.')
    if (!isDeviceId(device)) throw new Problem('bad-device-id', 'The device in the body is no device id: 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -')
    if (!grants.may('connect', device)) throw new Problem('forbidden', `Your credentials do not allow you to connect as ${device}.`)
    const made = await (tickets as Tickets).make(identity, { device, origin, ttlMs })
    audit?.write('ticket', { ...callerFacts(request, grants), device })
    return await reply.code(201).header('cache-control', 'no-store').send(made)
  })
}
