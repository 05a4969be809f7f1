import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { httpErrors } from '../protocol/http-errors.ts'
import { Problem } from '../protocol/problem.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

export function sendProblem (reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterS !== undefined) void reply.header('retry-after', problem.retryAfterS)
  if (httpErrors[problem.code].status === 401) void reply.header('www-authenticate', problem.code === 'bad-credentials' ? 'Bearer error="invalid_token"' : 'Bearer') // RFC 6750
  return reply.code(httpErrors[problem.code].status).send({ code: problem.code, message: problem.message })
}

/** How long the other side may keep a connection open that was answered for the last time. */
const LAST_WORD_MS = 1_000

/** Answers a connection that fastify does not, or no longer, have in its hands, and ends it. */
export function answerSocket (socket: Duplex, { code, message }: Problem): void {
  const body = JSON.stringify({ code, message })
  const { status } = httpErrors[code]
  const timer = setTimeout(() => socket.destroy(), LAST_WORD_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.resume() // what is not read would reset the connection before the answer is
  const security = Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\nsec-websocket-version: 13\r\n${security}` +
    `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

/** What Node could not read as a request. */
export function handleClientError (error: Error & { code: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else answerSocket(socket, clientErrors[error.code] ?? new Problem('bad-request', 'This is not an HTTP/1.1 request.'))
}

const clientErrors: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem('headers-too-large'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem('too-slow')
}

/** Node hands a request's connection over when it asks for an upgrade. */
export function isUpgrade ({ raw }: FastifyRequest): boolean {
  return (raw as { upgrade?: boolean }).upgrade === true
}

/** What no route was found for. No hook runs then, so an upgrade's connection is ended here: nobody else would. */
export function handleFrameworkError (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { socket } = request.raw
  if (isUpgrade(request)) reply.raw.once('finish', () => socket.destroySoon())
  void handleError(error, request, reply.headers(SECURITY_HEADERS))
}

/** Whatever went wrong becomes `{code, message}`; what we did not expect is logged, and told to nobody else. */
export function handleError (error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Problem) return sendProblem(reply, error)
  const problem = fromFastify(error)
  if (problem.code === 'internal') request.log.error({ err: error }, 'A request failed in a way that was not expected.')
  return sendProblem(reply, problem)
}

/** Fastify's own refusals, by their status: the body's size and type, its syntax, and the schema. */
function fromFastify (error: FastifyError): Problem {
  switch (error.statusCode) {
    case 400:
    case 412: return new Problem('bad-request', `${error.message}.`) // 412: If-Match and its like, for the page's files
    case 403: // a path that leads out of the page's folder
    case 404: return new Problem('not-found')
    case 413: return new Problem('too-large')
    case 415: return new Problem('bad-content-type')
    default: return new Problem('internal')
  }
}
