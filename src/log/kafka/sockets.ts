import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'

/** What a connection with TLS is made with; both are asked for each connection. */
export interface Tls {
  readonly context: SecureContext
  /** The name that the broker's certificate must have, where it is not the broker's address. */
  readonly serverName: string | undefined
}

export interface Destination { host: string, port: number, onConnect: () => void }

const KEEP_ALIVE_MS = 60_000

/** Opens a connection; `onConnect` hears when it is there, with TLS when the broker's certificate has been verified. */
export function openSocket ({ host, port, onConnect }: Destination, tls: Tls | undefined): Socket {
  const socket = tls === undefined ? connectTcp({ host, port }, onConnect) : secure(host, port, tls, onConnect)
  socket.setNoDelay(true) // Nagle's delay would hold a small request back while an earlier one is under way
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  // kafkajs says it to ended sockets too, as often as it fails to connect, and each time Node would add a listener to them.
  const unref = socket.unref.bind(socket)
  socket.unref = () => socket.destroyed ? socket : unref()
  return socket
}

function secure (host: string, port: number, { context, serverName }: Tls, onConnect: () => void): Socket {
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined) // an address is no name to ask for (RFC 6066)
  return connectTls({ host, port, secureContext: context, rejectUnauthorized: true, ...(servername === undefined ? {} : { servername }) }, onConnect)
}
