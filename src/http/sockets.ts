import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Audit } from '../audit/audit.ts'
import type { Gateway } from '../gateway.ts'
import { Problem } from '../protocol/problem.ts'
import type { Opening } from '../session/opening.ts'
import type { Session } from '../session/session.ts'
import { admit, upgradeFault, WS_VERSION } from './admission.ts'
import { auditSocket } from './auditing.ts'
import type { Callers } from './callers.ts'
import { opensSocket, SOCKETS } from './credentials.ts'
import { answerSocket, isUpgrade, sendProblem } from './problem.ts'
import { SocketPeer } from './socket-peer.ts'

/** For so long a browser need not ask again whether it may show a token. */
const PREFLIGHT_S = 7_200

/** `GET /ws/{deviceId}` and `GET /ws`: an upgrade, or the reason why it would be refused. */
export function socketRoutes (app: FastifyInstance, gateway: Gateway, callers: Callers, audit: Audit | undefined): void {
  const admitted = new WeakMap<FastifyRequest, Opening>()
  const { websocketServer } = app as unknown as { websocketServer: WebSocketServer }
  websocketServer.on('wsClientError', (error, socket) => answerSocket(socket, new Problem('bad-request', `${error.message}.`)))
  // The plugin lets an upgrade in on every route, and hangs up behind it where no socket is served.
  app.addHook('onRequest', async (request, reply) => {
    if (!isUpgrade(request)) return
    if (!opensSocket(request)) throw new Problem('not-found', 'No socket is served here; send the request without Upgrade.')
    const fault = upgradeFault(request.raw)
    if (fault === undefined) return
    void reply.header('sec-websocket-version', WS_VERSION)
    throw new Problem('bad-request', fault)
  })
  for (const url of SOCKETS) {
    app.options(url, { onRequest: readableByAll }, (_request, reply) => {
      void reply.header('access-control-allow-headers', 'authorization').header('access-control-max-age', PREFLIGHT_S)
      return reply.code(204).send()
    })
    app.route({
      method: 'GET',
      url,
      exposeHeadRoute: false,
      onRequest: readableByAll,
      preHandler: async (request) => { admitted.set(request, await admit(gateway, callers, request)) },
      handler: (_request, reply) => {
        void reply.header('upgrade', 'websocket')
        return sendProblem(reply, new Problem('upgrade-required'))
      },
      wsHandler: (ws: WebSocket, request: FastifyRequest) => {
        const session = serve(gateway, ws, admitted.get(request) as Opening)
        if (audit !== undefined) auditSocket(audit, ws, session)
      }
    })
  }
}

/** A page that may connect comes from anywhere, and has to read why it may not. One whose origin is refused reads that, for it is looked at first. */
async function readableByAll (_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.header('access-control-allow-origin', '*')
}

function serve (gateway: Gateway, ws: WebSocket, opening: Opening): Session {
  letGo(ws)
  const { session, ended } = gateway.connect(new SocketPeer(ws), opening)
  ws.on('message', (data: Buffer, binary: boolean) => {
    try {
      session.receive(data, binary)
    } catch (error) { // one frame that we did not foresee ends its socket, not the process
      gateway.failed(error)
      session.close('internal')
    }
  })
  ws.on('ping', (data: Buffer) => session.pinged(data))
  ws.on('pong', (data: Buffer) => session.ponged(data))
  ws.on('close', ended)
  return session
}

/**
 * What made the socket, a request, its headers and a response, would stay in memory as long as the socket: 3 KiB or more.
 * A socket's errors (a reset, a frame that breaks the protocol) end it, and `close` follows; nobody else needs to hear.
 */
function letGo (ws: WebSocket): void {
  ws.removeAllListeners('error')
  ws.on('error', ignore)
  const stream = (ws as unknown as { _socket: Duplex & { _httpMessage?: ServerResponse } })._socket
  stream._httpMessage?.detachSocket(stream as never)
}

function ignore (): void {}
