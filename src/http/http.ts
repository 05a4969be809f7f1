import staticFiles from '@fastify/static'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import type { Gateway } from '../gateway.ts'
import { Problem } from '../protocol/problem.ts'
import { auditRefusals } from './auditing.ts'
import { boundRequests, countRefusals } from './bounds.ts'
import { Callers } from './callers.ts'
import { Proxies } from './client-address.ts'
import { Connections } from './connections.ts'
import { shareWith } from './cors.ts'
import { deviceRoutes } from './devices.ts'
import { healthRoutes } from './health.ts'
import { metricsRoute, type Metrics } from './metrics.ts'
import { handleError, sendProblem } from './problem.ts'
import { quotaRoutes } from './quotas.ts'
import { revocationRoutes } from './revocations.ts'
import { loadableByAll, secureAnswers, securePage } from './security-headers.ts'
import { socketRoutes } from './sockets.ts'
import { chooseSubprotocol } from './subprotocol.ts'
import { Unanswered } from './unanswered.ts'
import { ticketRoutes } from './tickets.ts'

const PUBLIC = fileURLToPath(new URL('../../public/', import.meta.url))
/** From `src` as from `dist`: what `npm run build` made of the client library, for pages without a bundler, from wherever they come. */
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
const CLIENT_FILES = ['client.js', 'client-indexeddb.js']
const MAX_FRAGMENTS = 64
const MAX_BUFFERED_CHUNKS = 4096
/** What a socket has to answer our close frame before it is ended. */
const CLOSING_MS = 1_000
const CLOSING_STEP_MS = 20

/** Everything that the gateway serves over HTTP, sockets included. Errors and unknown addresses of others' routes stay theirs. */
export async function serveHttp (app: FastifyInstance, gateway: Gateway, metrics: Metrics, audit: Audit | undefined, clock: Clock): Promise<void> {
  const { settings } = gateway
  const callers = new Callers(gateway)
  const proxies = new Proxies(settings.http.trustedProxies, (sentence) => app.log.warn(sentence))
  new Connections(settings.http, proxies, () => metrics.limited('idle-connections')).watch(app.server as Server)
  await app.register(websocket, {
    options: {
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: gateway.settings.ws.maxFrameBytes,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      autoPong: false, // the session says when
      handleProtocols: chooseSubprotocol
    } as object,
    preClose: (done: () => void) => { drain(gateway).then(done, done) }
  })
  await app.register(async (ours) => {
    ours.setErrorHandler(handleError)
    ours.setNotFoundHandler((_request, reply) => sendProblem(reply, new Problem('not-found')))
    secureAnswers(ours, { tls: settings.tls.certFile !== undefined })
    shareWith(ours, settings.http.origins)
    countRefusals(ours, metrics)
    boundRequests(ours, settings.http, proxies, clock)
    await ours.register(async (page) => {
      page.addHook('onRequest', securePage)
      await page.register(staticFiles, { root: PUBLIC, cacheControl: true, maxAge: 0, acceptRanges: false })
      for (const file of CLIENT_FILES) page.get(`/${file}`, (_request, reply) => loadableByAll(reply).sendFile(file, DIST))
    })
    if (audit !== undefined) auditRefusals(ours, callers, audit)
    healthRoutes(ours, gateway)
    metricsRoute(ours, gateway, metrics, callers, audit)
    quotaRoutes(ours, gateway.quotas, callers, audit)
    const unanswered = new Unanswered(ours)
    deviceRoutes(ours, gateway, callers, unanswered, audit)
    revocationRoutes(ours, gateway, callers, unanswered, audit)
    ticketRoutes(ours, callers, gateway.access.tickets, audit)
    socketRoutes(ours, gateway, callers, audit)
  })
}

/** Sends everybody away and waits a little for their goodbyes; the server's own close would wait for sockets that never end. */
async function drain (gateway: Gateway): Promise<void> {
  await gateway.stop()
  for (let leftMs = CLOSING_MS; gateway.hub.sockets > 0 && leftMs > 0; leftMs -= CLOSING_STEP_MS) {
    await new Promise((resolve) => setTimeout(resolve, CLOSING_STEP_MS))
  }
  for (const session of [...gateway.hub.sessions()]) session.terminate()
}
