import type { FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'
import { Visits } from '../limits/visits.ts'
import { httpErrors } from '../protocol/http-errors.ts'
import { Problem } from '../protocol/problem.ts'
import { addressOf, type Proxies } from './client-address.ts'
import type { Metrics } from './metrics.ts'

const MAX_HEADERS = 100
/** A balancer that is told 429 would take the instance out. */
const UNBOUNDED = new Set(['/healthz', '/readyz'])
const LIMITED = 429

/** What comes from one address, before anything else is done for it. */
export function boundRequests (app: FastifyInstance, { requestsPerSecond, requestBurst }: { requestsPerSecond: number, requestBurst: number }, proxies: Proxies, clock: Clock): void {
  const visits = new Visits(requestsPerSecond, requestBurst, clock)
  app.addHook('onRequest', async (request) => {
    proxies.learn(request)
    const { rawHeaders } = request.raw as { rawHeaders?: string[] } // an in-memory pair has none
    if (rawHeaders !== undefined && rawHeaders.length > 2 * MAX_HEADERS) throw new Problem('headers-too-large', `A request has at most ${MAX_HEADERS} headers.`)
    const waitMs = UNBOUNDED.has(request.routeOptions.url as string) ? 0 : visits.waitMs(addressOf(request))
    if (waitMs > 0) throw new Problem('too-many-requests', undefined, Math.ceil(waitMs / 1000))
  })
}

/** Counts who was told that he wants more than he may. */
export function countRefusals (app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onError', async (_request, _reply, error) => {
    if (error instanceof Problem && httpErrors[error.code].status === LIMITED) metrics.limited(error.code)
  })
}
