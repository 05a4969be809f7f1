import type { FastifyRequest } from 'fastify'
import type { Settings } from '../config/index.ts'
import { Problem } from './problem.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i

export function isLoopback (host: string): boolean {
  return LOOPBACK.test(host)
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
  return isLoopback(host) && isLoopback(request.hostname)
}
