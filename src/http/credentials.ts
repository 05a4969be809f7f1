import type { FastifyRequest } from 'fastify'
import { isTicket } from '../access/tickets.ts'
import { Problem } from '../protocol/problem.ts'
import { tokensOffered } from './subprotocol.ts'

const BEARER = /^bearer +([^ ]+) *$/i
/** Other schemes are for whoever stands in front of us. */
const IS_BEARER = /^bearer(?![\w-])/i
/** The addresses of sockets. Without an id in it, it is that of the credentials. */
export const SOCKETS = ['/ws', '/ws/:deviceId']

/** Whether it asks for a socket, or what the answer to that would be. */
export function opensSocket ({ routeOptions: { url } }: FastifyRequest): boolean { return SOCKETS.includes(url as string) }

/**
 * The token, key or ticket that a request brings; in its address only where it opens a socket, for browsers cannot set headers there.
 * Throws a `Problem` where it brings several, or one where none may stand.
 */
export function credentialOf (request: FastifyRequest, queryToken: boolean): string | undefined {
  const { headers } = request
  const { authorization = '' } = headers
  const bearer = BEARER.exec(authorization)?.[1]
  if (bearer === undefined && IS_BEARER.test(authorization)) throw new Problem('bad-request', 'Your Authorization cannot be read: it is Bearer, a space, and one token.')
  const brought = [bearer, ...tokensOffered(headers['sec-websocket-protocol'])]
  if (opensSocket(request)) brought.push(...inAddress(request.query as Record<string, unknown>, queryToken))
  const [credential, ...others] = new Set(brought.filter((one) => one !== undefined))
  if (others.length > 0) throw new Problem('bad-request', 'You bring two credentials that differ; bring one, in one place.')
  return credential
}

function inAddress ({ token, ticket }: Record<string, unknown>, queryToken: boolean): string[] {
  if (token !== undefined && !queryToken) {
    throw new Problem('bad-parameter', 'This server takes no token in the address, which proxies write into their logs: send it as Authorization: Bearer, as the subprotocol bearer.<token>, or change it for a ticket (POST /v1/tickets).')
  }
  if (token !== undefined && typeof token !== 'string') throw new Problem('bad-parameter', 'token is a token, once.')
  if (ticket !== undefined && !(typeof ticket === 'string' && isTicket(ticket))) throw new Problem('bad-parameter', 'ticket is what POST /v1/tickets gave, once.')
  return [token, ticket].filter((one) => one !== undefined)
}
