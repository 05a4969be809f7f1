import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { httpErrors, type HttpErrorCode } from '../protocol/http-errors.ts'

/** An entry of the table of HTTP errors, to be thrown. */
export class Problem extends Error {
  readonly code: HttpErrorCode
  readonly retryAfterS: number | undefined

  /** `detail` says more than the table's sentence, where there is more to say. */
  constructor (code: HttpErrorCode, detail?: string, retryAfterS?: number) {
    super(detail ?? httpErrors[code].message)
    this.name = 'Problem'
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

export function sendProblem (reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterS !== undefined) void reply.header('retry-after', problem.retryAfterS)
  return reply.code(httpErrors[problem.code].status).send({ code: problem.code, message: problem.message })
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
    case 400: return new Problem('bad-request', `${error.message}${error.message.endsWith('.') ? '' : '.'}`)
    case 404: return new Problem('not-found')
    case 413: return new Problem('too-large')
    case 414: return new Problem('bad-request', 'The address is too long.')
    case 415: return new Problem('bad-content-type')
    default: return new Problem('internal')
  }
}
