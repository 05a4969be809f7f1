import type { FastifyInstance } from 'fastify'
import { Problem } from '../protocol/problem.ts'

/** For so long a browser need not ask again. */
const PREFLIGHT_S = 7_200

/**
 * Lets the pages on the list, and nobody else, read the answers of the API: for the routes under /v1/ that `app` gets from now on.
 * There is nothing that a browser would send along by itself but a client's certificate, and that is not allowed: pages give a token.
 */
export function shareWith (app: FastifyInstance, origins: readonly string[]): void {
  const methods = new Map<string, string[]>()
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/v1/')) return
    const { origin } = request.headers
    void reply.header('vary', 'Origin')
    if (origin === undefined || !origins.includes(origin)) return
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'retry-after' })
  })
  app.addHook('onRoute', ({ url, method }) => {
    if (!url.startsWith('/v1/') || method === 'OPTIONS') return
    const known = methods.get(url)
    methods.set(url, [...known ?? [], ...[method].flat()])
    if (known === undefined) {
      app.options(url, async (request, reply) => {
        if (reply.getHeader('access-control-allow-origin') === undefined) throw new Problem(request.headers.origin === undefined ? 'not-found' : 'bad-origin')
        return await reply.code(204).headers({
          'access-control-allow-methods': (methods.get(url) as string[]).join(', '),
          'access-control-allow-headers': 'authorization, content-type',
          'access-control-max-age': PREFLIGHT_S
        }).send()
      })
    }
  })
}
