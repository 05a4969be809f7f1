import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Gateway } from '../gateway.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { Problem } from '../protocol/problem.ts'
import type { Mode, Opening } from '../session/opening.ts'
import type { Callers } from './callers.ts'
import { addressOf } from './client-address.ts'
import { readParameters, type Asked } from './parameters.ts'
import { isUpgrade } from './problem.ts'
import { offeredSubprotocol, type Subprotocol } from './subprotocol.ts'

const RETRY_AFTER_S = 2
/** The one version of the WebSocket protocol: that of RFC 6455. */
export const WS_VERSION = '13'

/** Whether a request's upgrade is to a WebSocket, and nothing else. */
export function asksForSocket ({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** What RFC 6455 (4.2.1) wants of an upgrade and nobody else looks at: Node asks for no Host there, and ws takes a draft's version 8 and 013. */
export function upgradeFault ({ httpVersion, headers }: Pick<IncomingMessage, 'httpVersion' | 'headers'>): string | undefined {
  if (httpVersion !== '1.1') return 'A WebSocket is opened over HTTP/1.1.'
  if (headers.host === undefined) return 'The request has no Host.'
  if (headers['sec-websocket-version'] !== WS_VERSION) return `Sec-WebSocket-Version has to be ${WS_VERSION}.`
  return undefined
}

/** Whether this request may become a socket, and as whose. Throws the `Problem` that a plain GET is answered with too. */
export async function admit (gateway: Gateway, callers: Callers, request: FastifyRequest): Promise<Opening> {
  const grants = await callers.of(request)
  const { as = grants.identity.device } = grants.identity
  const { deviceId: device = as } = request.params as { deviceId?: string }
  if (device === undefined) throw new Problem('bad-device-id', 'The address names no device, and neither do your credentials: connect to /ws/{deviceId}.')
  if (!isDeviceId(device)) throw new Problem('bad-device-id')
  if (!grants.may('connect', device)) throw new Problem('forbidden', `Your credentials do not allow you to connect as ${device}.`)
  const subprotocol = offeredSubprotocol(request.headers['sec-websocket-protocol'])
  const asked = readParameters(subprotocol, request.query as Record<string, unknown>, gateway.now())
  if (gateway.state !== 'serving') throw new Problem('not-ready', undefined, RETRY_AFTER_S)
  const address = addressOf(request)
  const full = gateway.seats.refusal(device, address)
  if (full !== undefined) throw new Problem(full, undefined, RETRY_AFTER_S)
  const { session, since, resume } = asked
  if (resume !== undefined && !gateway.hasRoomFor(device, resume)) throw new Problem('positions-full', undefined, RETRY_AFTER_S)
  if (isUpgrade(request)) grants.identity.redeem?.() // last: what was refused for another reason may come again, and so may a question
  return { device, grants, address, origin: request.headers.origin, mode: modeOf(subprotocol, asked), session, holdPongs: asked.ack === 'pong', since, resume }
}

function modeOf (subprotocol: Subprotocol, { frames }: Asked): Mode {
  if (subprotocol === 'sluice.v1') return subprotocol
  return frames === undefined ? 'raw' : `raw-${frames}`
}
