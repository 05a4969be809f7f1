/** The other side of TLS: clients that say whom they trust, and what they show. */

import { once } from 'node:events'
import { request } from 'node:https'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { text } from 'node:stream/consumers'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

export interface Answer { status: number, headers: IncomingHttpHeaders, body: Record<string, unknown> }

/** One request on a connection of its own; rejects where TLS does not come about. */
export async function ask (host: string, path: string, { headers = {}, method = 'GET', body = '', ...tls }: ConnectionOptions & { headers?: Record<string, string>, method?: string, body?: string } = {}): Promise<Answer> {
  const [hostname, port] = host.split(':')
  const sent = request({ hostname, port, path, method, headers, agent: false, ...tls }).end(body)
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  const told = await text(answer)
  return { status: answer.statusCode as number, headers: answer.headers, body: told.startsWith('{') ? JSON.parse(told) as Record<string, unknown> : { told } }
}

/** A connection whose handshake is done, as far as the client knows. */
export async function shake (host: string, options: ConnectionOptions): Promise<TLSSocket> {
  const [hostname, port] = host.split(':')
  const socket = connect({ host: hostname as string, port: Number(port), ...options })
  await once(socket, 'secureConnect')
  return socket
}
