import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Audit } from '../audit/audit.ts'
import { CLASS_NAME, MAX_CLASSES, QUOTA_BOUNDS } from '../limits/quota-file.ts'
import type { Quotas } from '../limits/quotas.ts'
import { Problem } from '../protocol/problem.ts'
import { callerFacts } from './auditing.ts'
import type { Callers } from './callers.ts'

const Quota = Type.Object({
  framesPerSecond: Type.Integer(QUOTA_BOUNDS.framesPerSecond),
  bytesPerSecond: Type.Integer(QUOTA_BOUNDS.bytesPerSecond),
  burstMs: Type.Integer(QUOTA_BOUNDS.burstMs)
}, { additionalProperties: false })
const Class = Type.Object({ class: Type.String({ pattern: CLASS_NAME }) })

/** `GET /v1/quotas`: the classes of rates. `PUT /v1/quotas/{class}`: changes one, or adds it, on this instance until it ends. */
export function quotaRoutes (app: FastifyInstance, quotas: Quotas, callers: Callers, audit: Audit | undefined): void {
  const onRequest = callers.permit('quotas')
  app.get('/v1/quotas', { onRequest }, () => ({ classes: quotas.list() }))
  app.put<{ Params: Static<typeof Class>, Body: Static<typeof Quota> }>('/v1/quotas/:class', { onRequest, schema: { params: Class, body: Quota } }, (request) => {
    const { params: { class: name }, body } = request
    if (!quotas.has(name) && quotas.size >= MAX_CLASSES) throw new Problem('bad-request', `There are at most ${MAX_CLASSES} classes.`)
    quotas.set(name, body)
    audit?.write('quota', { ...callerFacts(request, callers.known(request)), resource: name, ...body })
    return body
  })
}
