import { WebSocket } from 'ws'
import type { SocketClass } from '../client/connection.ts'
import type { Clock } from '../clock.ts'
import { SimulatedDevice } from './device.ts'

/** What a server shows that speaks TLS. */
interface Shown { readonly certificate: string }

/** Starts `count` devices against the gateway at `address` (host:port); the result stops them. `tls`: what it listens with. */
export function simulate (address: string, count: number, clock: Clock, tls?: Shown): () => void {
  const [scheme, Socket] = tls === undefined ? ['ws', WebSocket] : ['wss', trusting(tls)]
  const devices = Array.from({ length: count }, (_, n) => new SimulatedDevice(`${scheme}://${address}/ws/simulated-${n + 1}`, Socket, clock))
  for (const device of devices) device.start()
  return () => { for (const device of devices) device.stop() }
}

/** Sockets that trust that certificate alone, whoever signed it and whatever it is called: it is our own, and we come by an address. */
function trusting (tls: Shown): SocketClass {
  return class extends WebSocket {
    constructor (url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { ca: tls.certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined } as object)
    }
  }
}
