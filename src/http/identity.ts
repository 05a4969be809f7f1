import type { FastifyRequest } from 'fastify'
import { isLoopback, type Settings } from '../config/index.ts'
import { Problem } from './problem.ts'

/** As a plugin the gateway may stand in a server that listens beyond loopback. An in-memory pair has no address: it is this process. */
function remoteAddress ({ raw }: FastifyRequest): string {
  const { socket } = raw as { socket?: { remoteAddress?: string } }
  return socket === undefined ? 'localhost' : String(socket.remoteAddress).replace(/^::ffff:/, '')
}

/** Whether the caller may come at all. Throws a `Problem`. */
export function admitCaller (settings: Settings, request: FastifyRequest): void {
  if (!isOurOrigin(settings, request)) throw new Problem('bad-origin')
  if (!mayBeAnonymous(settings, request)) throw new Problem('unauthenticated')
}

/** Browsers say which page asks; programs say nothing. A page of another site must not act in its visitor's name. */
function isOurOrigin ({ http: { origins } }: Settings, { headers: { origin, host } }: FastifyRequest): boolean {
  if (origin === undefined) return true
  return origins.includes(origin) || (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`))
}

/** On loopback the Host is looked at too, or a page whose name was pointed at 127.0.0.1 would count as our own. */
function mayBeAnonymous ({ auth: { anonymous }, host }: Settings, request: FastifyRequest): boolean {
  if (anonymous !== 'loopback') return anonymous === 'always'
  return isLoopback(host) && isLoopback(request.hostname) && isLoopback(remoteAddress(request))
}
