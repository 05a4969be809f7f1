import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Gateway } from '../gateway.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import type { Mode, Opening } from '../session/opening.ts'
import { admitCaller } from './identity.ts'
import { readParameters, type Asked } from './parameters.ts'
import { Problem } from './problem.ts'
import { offeredSubprotocol, type Subprotocol } from './subprotocol.ts'

const RETRY_AFTER_S = 2
/** Whether a request's upgrade is to a WebSocket, and nothing else. */
export function asksForSocket ({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Whether this request may become a socket, and as whose. Throws the `Problem` that a plain GET is answered with too. */
export function admit (gateway: Gateway, request: FastifyRequest): Opening {
  admitCaller(gateway.settings, request) // first: an origin that is refused hears of nothing else
  const { deviceId } = request.params as { deviceId: string }
  if (!isDeviceId(deviceId)) throw new Problem('bad-device-id')
  const subprotocol = offeredSubprotocol(request.headers['sec-websocket-protocol'])
  const asked = readParameters(subprotocol, request.query as Record<string, unknown>, gateway.now())
  if (gateway.state !== 'serving') throw new Problem('not-ready', undefined, RETRY_AFTER_S)
  if (gateway.hub.sockets >= gateway.settings.ws.maxSockets) throw new Problem('too-many-sockets', undefined, RETRY_AFTER_S)
  const { session, since, resume } = asked
  if (resume !== undefined && !gateway.hasRoomFor(deviceId, resume)) throw new Problem('positions-full', undefined, RETRY_AFTER_S)
  return { device: deviceId, mode: modeOf(subprotocol, asked), session, holdPongs: asked.ack === 'pong', since, resume }
}

function modeOf (subprotocol: Subprotocol, { frames }: Asked): Mode {
  if (subprotocol === 'sluice.v1') return subprotocol
  return frames === undefined ? 'raw' : `raw-${frames}`
}
