import type { FastifyRequest } from 'fastify'
import { BlockList, isIP, type IPVersion } from 'node:net'
import { Told } from './told.ts'

/** Those that a trusted proxy says; of all others it is their peer's. */
const told = new WeakMap<FastifyRequest, string>()

/**
 * Where a request's connection comes from: the caller, or the proxy before us. As a plugin the gateway may stand in a server that
 * listens beyond loopback. An in-memory pair has no address: it is this process.
 */
export function peerOf ({ raw }: FastifyRequest): string {
  const { socket } = raw as { socket?: { remoteAddress?: string } }
  return socket === undefined ? 'localhost' : plain(String(socket.remoteAddress))
}

/** Where the caller is, as far as that can be believed. */
export function addressOf (request: FastifyRequest): string {
  return told.get(request) ?? peerOf(request)
}

export function plain (address: string): string { return address.replace(/^::ffff:(?=.*\.)/i, '') }

/** The proxies whose word is taken (`http.trustedProxies`). */
export class Proxies {
  readonly #trusted = new BlockList()
  readonly #warn: (sentence: string) => void
  readonly #told = new Told()

  constructor (proxies: readonly string[], warn: (sentence: string) => void = () => {}) {
    this.#warn = warn
    for (const proxy of proxies) {
      const [address, prefix] = proxy.split('/') as [string, string?]
      const family = familyOf(address) as IPVersion
      if (prefix === undefined) this.#trusted.addAddress(address, family)
      else this.#trusted.addSubnet(address, Number(prefix), family)
    }
  }

  has (address: string): boolean {
    const family = familyOf(address)
    return family !== undefined && this.#trusted.check(address, family)
  }

  /**
   * Learns where a request comes from. Each proxy writes its own peer behind what it was sent, so the address is the last one that no
   * trusted proxy has; what stands before it may be anybody's word.
   */
  learn (request: FastifyRequest): void {
    let address = peerOf(request)
    const { 'x-forwarded-for': forwarded } = request.headers
    if (forwarded === undefined) return
    if (!this.has(address)) {
      if (this.#told.isNews(address)) this.#warn(`A request came with X-Forwarded-For from ${address}, which http.trustedProxies does not name. If that is a proxy of yours, name it: limits by address take all its callers for one.`)
      return
    }
    const hops = String(forwarded).split(',')
    while (hops.length > 0 && this.has(address)) {
      const hop = plain((hops.pop() as string).trim())
      if (isIP(hop) === 0) break // the proxy does not say; it is the last that is known
      address = hop
      told.set(request, address)
    }
  }
}

function familyOf (address: string): IPVersion | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}
