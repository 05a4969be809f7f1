import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Gateway } from '../gateway.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import type { Mode } from '../session/session.ts'
import { admitCaller } from './identity.ts'
import { Problem } from './problem.ts'

const RETRY_AFTER_S = 2
const SUBPROTOCOLS = ['sluice.v1', 'sluice.raw'] as const
type Subprotocol = typeof SUBPROTOCOLS[number]

export interface Admitted { readonly device: string, readonly mode: Mode }

/** Whether a request's upgrade is to a WebSocket, and nothing else. */
export function asksForSocket ({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Whether this request may become a socket, and as whose. Throws the `Problem` that a plain GET is answered with too. */
export function admit (gateway: Gateway, request: FastifyRequest): Admitted {
  const { deviceId } = request.params as { deviceId: string }
  if (!isDeviceId(deviceId)) throw new Problem('bad-device-id')
  const subprotocol = chosenSubprotocol(request.headers['sec-websocket-protocol'])
  const mode = modeOf(subprotocol, request.query as Record<string, unknown>)
  admitCaller(gateway.settings, request)
  if (gateway.state !== 'serving') throw new Problem('not-ready', undefined, RETRY_AFTER_S)
  if (gateway.hub.sockets >= gateway.settings.ws.maxSockets) throw new Problem('too-many-sockets', undefined, RETRY_AFTER_S)
  return { device: deviceId, mode }
}

/** The first offered one that is known. None offered: raw. */
function chosenSubprotocol (header: string | undefined): Subprotocol {
  if (header === undefined) return 'sluice.raw'
  const known = chooseSubprotocol(header.split(',').map((name) => name.trim()))
  if (known === undefined) throw new Problem('bad-subprotocol')
  return known
}

export function chooseSubprotocol (offered: Iterable<string>): Subprotocol | undefined {
  for (const name of offered) {
    const known = SUBPROTOCOLS.find((one) => one === name)
    if (known !== undefined) return known
  }
  return undefined
}

function modeOf (subprotocol: Subprotocol, query: Record<string, unknown>): Mode {
  const { frames, ...others } = query
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new Problem('bad-parameter', `There is no query parameter ${JSON.stringify(unknown.slice(0, 64))} here.`)
  if (subprotocol === 'sluice.v1') {
    if (frames !== undefined) throw new Problem('bad-parameter', 'frames is a parameter of raw mode; in sluice.v1 every frame is text.')
    return 'sluice.v1'
  }
  switch (frames) {
    case undefined: return 'raw'
    case 'text': return 'raw-text'
    case 'binary': return 'raw-binary'
    default: throw new Problem('bad-parameter', 'frames is text or binary, once.')
  }
}
