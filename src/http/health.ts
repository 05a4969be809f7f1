import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Gateway } from '../gateway.ts'
import { Problem } from '../protocol/problem.ts'
import { sendProblem } from './problem.ts'

const Alive = Type.Object({ status: Type.Literal('ok') })
const Ready = Type.Object({ status: Type.Union([Type.Literal('ready'), Type.Literal('stalled')]), reasons: Type.Array(Type.String()) })
const RETRY_AFTER_S = 2

/**
 * `GET /healthz`: the process lives. `GET /readyz`: it takes sockets. While Kafka is away it stays ready and says `stalled`:
 * taking every instance out of the balancer at once would help nobody.
 * Anybody may ask, so what Kafka calls this gateway, what it does not allow it, and where it is are for the log alone.
 */
export function healthRoutes (app: FastifyInstance, gateway: Gateway): void {
  app.get('/healthz', { schema: { response: { 200: Alive } } }, () => ({ status: 'ok' }))
  app.get('/readyz', { schema: { response: { 200: Ready } } }, (_request, reply) => {
    if (gateway.state !== 'serving') {
      return sendProblem(reply, new Problem('not-ready', `This instance is ${gateway.state}; it takes no sockets.`, RETRY_AFTER_S))
    }
    const reasons = [...new Set(gateway.health().stalls.map(({ reason }) => reason))]
    return { status: reasons.length > 0 ? 'stalled' : 'ready', reasons }
  })
}
