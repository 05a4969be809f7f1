/** kafkajs' errors, classified by shape: importing its classes by name type-checks and is `undefined` at run time under ESM. */

interface Shape { name?: string, type?: string, code?: string | number, message?: string, cause?: unknown }

/** The innermost cause, which says what happened; the outer ones say how often it was tried. */
export function rootCause (error: unknown): Shape {
  let shape = (error ?? {}) as Shape
  while (typeof shape.cause === 'object' && shape.cause !== null && shape.cause !== shape) shape = shape.cause as Shape
  return shape
}

/** One line for a person. */
export function describe (error: unknown): string {
  const { name, code, type, message } = rootCause(error)
  if (name === 'KafkaJSRequestTimeoutError') return 'no answer came in time'
  if (code === 'ECONNREFUSED') return 'the connection was refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name cannot be resolved'
  if (code === 'ECONNRESET') return 'the connection was cut'
  return type ?? message ?? String(error)
}

export function isNotAuthorized (error: unknown): boolean {
  const { type, name } = rootCause(error)
  return type?.endsWith('AUTHORIZATION_FAILED') === true || name === 'KafkaJSSASLAuthenticationError'
}

/** The request failed before any byte of it left. */
export class NotSent extends Error {
  constructor (cause: unknown) {
    super('the request was not sent', { cause })
    this.name = 'NotSent'
  }
}
