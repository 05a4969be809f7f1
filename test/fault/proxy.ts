/** A network between a client and a gateway that a test can spoil. */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface Proxy {
  /** host:port */
  host: string
  /** How many connections were ever let in. */
  readonly connections: number
  /** Ends all connections at the TCP level, in the middle of whatever is on its way. */
  cut: () => void
  /** Nothing passes any more in either direction, and nobody is told. Connections that are opened later work. */
  freeze: () => void
  /** Ends all connections, and lets none in until `restore`. */
  refuse: () => Promise<void>
  restore: () => Promise<void>
}

interface Owner { teardown: (fn: () => Promise<void>) => void }

export async function proxyTo (t: Owner, host: string): Promise<Proxy> {
  const [address, port] = host.split(':') as [string, string]
  const pairs = new Set<[Socket, Socket]>()
  let connections = 0
  const listen = async (at: number): Promise<Server> => {
    const server = createServer((near) => {
      connections += 1
      const far = connect(Number(port), address)
      const pair: [Socket, Socket] = [near, far]
      pairs.add(pair)
      for (const socket of pair) {
        socket.on('error', () => {}) // 'close' follows
        socket.on('close', () => end(pair))
      }
      near.pipe(far)
      far.pipe(near)
    })
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  const end = (pair: [Socket, Socket]): void => {
    pairs.delete(pair)
    for (const socket of pair) socket.destroy()
  }
  const cut = (): void => { for (const pair of [...pairs]) end(pair) }
  let server = await listen(0)
  const { port: own } = server.address() as AddressInfo
  const refuse = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  }
  t.teardown(refuse)
  return {
    host: `127.0.0.1:${own}`,
    get connections () { return connections },
    cut,
    freeze () {
      for (const [near, far] of pairs) {
        near.unpipe(far)
        far.unpipe(near)
        near.pause()
        far.pause()
      }
    },
    refuse,
    async restore () { server = await listen(own) }
  }
}
