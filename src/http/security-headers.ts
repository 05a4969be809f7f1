import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback } from '../config/index.ts'

const YEAR_S = 31_536_000
const NOTHING = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'magnetometer', 'microphone', 'midi', 'payment', 'publickey-credentials-get', 'screen-wake-lock', 'serial', 'usb']

/** With every answer, errors too. What is no page is none, whatever a browser is led to take it for, and is kept by nobody. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': NOTHING.map((feature) => `${feature}=()`).join(', '),
  'cache-control': 'no-store'
} as const

/** The page takes its own files and no script, style or handler that stands in the HTML; 'self' covers wss to where it came from. */
const PAGE_POLICY = ['script-src', 'style-src', 'img-src', 'connect-src'].map((kind) => `${kind} 'self'; `).join('') +
  "require-trusted-types-for 'script'; trusted-types 'none'; "

/** For the routes that `app` gets from now on, and those inside it. `tls`: the connections are ours, and so is the promise to stay with TLS. */
export function secureAnswers (app: FastifyInstance, { tls }: { readonly tls: boolean }): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(SECURITY_HEADERS)
    // The promise holds for a name and all its ports: on localhost it would take along what else is developed there.
    if (tls && !isLoopback(request.hostname)) void reply.header('strict-transport-security', `max-age=${YEAR_S}`)
  })
}

/** For the page and its files. */
export async function securePage (_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.header('content-security-policy', SECURITY_HEADERS['content-security-policy'].replace('; ', `; ${PAGE_POLICY}`))
}

/** For what pages from anywhere may load. */
export function loadableByAll (reply: FastifyReply): FastifyReply {
  return reply.headers({ 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' })
}
