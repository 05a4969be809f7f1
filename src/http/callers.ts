import type { FastifyRequest } from 'fastify'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Handshake } from '../access/handshake.ts'
import type { Grants, Verb } from '../access/policy.ts'
import { isLoopback, quote } from '../config/index.ts'
import type { Gateway } from '../gateway.ts'
import { Problem } from '../protocol/problem.ts'
import { certificateOf } from './certificate-of.ts'
import { addressOf, peerOf } from './client-address.ts'
import { credentialOf, opensSocket } from './credentials.ts'
import { Told } from './told.ts'

/** What proxies write. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip']

/** Who sends a request, and what they may do: sockets and the HTTP API ask here. */
export class Callers {
  readonly #gateway: Gateway
  readonly #known = new WeakMap<FastifyRequest, Grants>()
  readonly #told = new Told()

  constructor (gateway: Gateway) {
    this.#gateway = gateway
  }

  /** Throws a `Problem` where the caller may not come at all. An origin that is refused hears of nothing else. */
  async of (request: FastifyRequest): Promise<Grants> {
    if (!this.#isOurOrigin(request)) throw new Problem('bad-origin')
    const grants = await this.#gateway.identify(this.#handshake(request), this.#mayBeNobody(request))
    this.#known.set(request, grants)
    return grants
  }

  #handshake (request: FastifyRequest): Handshake {
    return { ...handshakeOf(request), token: credentialOf(request, this.#gateway.settings.auth.queryToken), opensSocket: opensSocket(request) }
  }

  /** Who sent a request that was looked at; undefined where that could not be told. */
  known (request: FastifyRequest): Grants | undefined { return this.#known.get(request) }

  /** A hook for a route whose callers need that verb on what `resource` says. */
  permit (verb: Verb, resource: (request: FastifyRequest) => string = () => '*') {
    return async (request: FastifyRequest): Promise<void> => {
      const grants = await this.of(request)
      if (!grants.may(verb, resource(request))) throw new Problem('forbidden', `Your credentials do not allow you to ${verb} here.`)
    }
  }

  /** Browsers say which page asks; programs say nothing. A page of another site must not act in its visitor's name. */
  #isOurOrigin ({ headers: { origin, host }, hostname, log, raw: { socket } }: FastifyRequest): boolean {
    const { http: { origins }, auth: { anonymous } } = this.#gateway.settings
    if (origin === undefined || origins.includes(origin)) return true
    // Where no TLS ends here it may end in front of us. Where it does, a page that came without it may be anybody's.
    const schemes = socket instanceof TLSSocket ? ['https'] : ['http', 'https']
    if (host === undefined || !schemes.some((scheme) => origin === `${scheme}://${host}`)) return false
    // Who owns a name can point it here, for a page of his own. Where that page needs no credentials the name has to be one that we were told.
    if (anonymous !== 'always' || isLoopback(hostname) || isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0) return true
    if (this.#told.isNews(origin)) log.warn(`The page at ${quote(origin)} is refused: auth.anonymous is always, and whoever owns a name can point it here. If it is your name, add ${quote(origin)} to http.origins.`)
    return false
  }

  /**
   * On loopback the Host is looked at too, or a page whose name was pointed at 127.0.0.1 would count as our own. Where there is a
   * way to log in, `loopback` lets nobody in: a proxy on this machine would hand that on to all the world. Nor does it let in who
   * came by a proxy that says so.
   */
  #mayBeNobody (request: FastifyRequest): boolean {
    const { access, settings: { auth: { anonymous }, host } } = this.#gateway
    if (anonymous !== 'loopback') return anonymous === 'always'
    return !access.hasLogin && !FORWARDED.some((name) => request.headers[name] !== undefined) && isLoopback(host) && isLoopback(request.hostname) && isLoopback(peerOf(request)) && isLoopback(addressOf(request))
  }
}

/** Where it comes from, and as which device. */
export function handshakeOf (request: FastifyRequest): Omit<Handshake, 'token'> {
  const { headers, params } = request
  return {
    headers,
    address: addressOf(request),
    origin: headers.origin,
    device: (params as { deviceId?: string }).deviceId,
    certificate: certificateOf(request.raw.socket)
  }
}
