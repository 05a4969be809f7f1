import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { networkOf } from '../limits/address.ts'
import { plain, type Proxies } from './client-address.ts'

interface Idle { readonly socket: Socket, readonly network: string }
/** By their other end, the oldest first. */
type Waiting = Map<string, Idle>

/**
 * Connections on which nothing is asked: a whole request has not come yet, or not again. Where there are more than may be, the oldest
 * is ended, so that those that are never going to ask make room for those that are: first that of the same address.
 */
export class Connections {
  readonly #max: number
  readonly #maxPerAddress: number
  readonly #proxies: Proxies
  readonly #ended: () => void
  readonly #all: Waiting = new Map()
  readonly #networks = new Map<string, Waiting>()

  constructor ({ maxIdle, maxIdlePerAddress }: { maxIdle: number, maxIdlePerAddress: number }, proxies: Proxies, ended: () => void) {
    this.#max = maxIdle
    this.#maxPerAddress = maxIdlePerAddress
    this.#proxies = proxies
    this.#ended = ended
  }

  get waiting (): number { return this.#all.size }

  watch (server: Server): void {
    server.on('connection', (socket: Socket) => {
      const name = nameOf(socket)
      this.#add(name, socket, plain(String(socket.remoteAddress)))
      socket.once('close', () => this.#remove(name))
    })
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const name = nameOf(socket)
      const address = plain(String(socket.remoteAddress))
      this.#remove(name)
      response.once('close', () => { if (!socket.destroyed) this.#add(name, socket, address) })
    })
    server.on('upgrade', ({ socket }: { socket?: Socket }) => { // an in-memory pair has none
      if (socket !== undefined) this.#remove(nameOf(socket))
    })
  }

  #add (name: string, socket: Socket, address: string): void {
    const idle = { socket, network: networkOf(address) }
    const same: Waiting = this.#networks.get(idle.network) ?? new Map()
    if (same.size >= this.#maxPerAddress && !this.#proxies.has(address)) this.#end(same)
    else if (this.#all.size >= this.#max) this.#end(same.size > 0 ? same : this.#all)
    this.#all.set(name, idle)
    this.#networks.set(idle.network, same.set(name, idle))
  }

  /** Ends the oldest of these. */
  #end (these: Waiting): void {
    const [name, { socket }] = these.entries().next().value as [string, Idle]
    this.#remove(name)
    socket.destroy()
    this.#ended()
  }

  #remove (name: string): void {
    const idle = this.#all.get(name)
    if (idle === undefined) return
    const same = this.#networks.get(idle.network) as Waiting
    same.delete(name)
    if (same.size === 0) this.#networks.delete(idle.network)
    this.#all.delete(name)
  }
}

/** With TLS, a request's socket is another object than the connection's; the two have the same other end. */
function nameOf ({ remoteAddress, remotePort }: Socket): string { return `${remoteAddress} ${remotePort}` }
