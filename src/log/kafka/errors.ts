/** kafkajs' errors, classified by shape: importing its classes by name type-checks and is `undefined` at run time under ESM. */
import { rootCause } from './root-cause.ts'
import { isUntrusted, untrusted } from './tls-errors.ts'

/** One line for a person, who may be outside: what a system error says of itself has addresses in it, so its code stands for it. */
export function describe (error: unknown): string {
  const { name, code, type, message } = rootCause(error)
  if (isUntrusted(error)) return 'the broker is not trusted'
  if (isLoginRefused(error)) return 'the login is refused'
  if (name === 'NoToken') return 'there is nothing to log in with'
  if (name === 'KafkaJSRequestTimeoutError' || code === 'ETIMEDOUT') return 'no answer came in time'
  if (code === 'ECONNREFUSED') return 'the connection was refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name cannot be resolved'
  if (code === 'ECONNRESET') return 'the connection was cut'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'no way leads there'
  return type ?? (typeof code === 'string' ? code : message) ?? String(error)
}

/** Kafka, or who gives us what we show to it, refuses our login. */
export class LoginRefused extends Error {
  constructor (message: string) {
    super(message)
    this.name = 'LoginRefused'
  }
}

/** Who gives us what we show to Kafka does not do so at present. */
export class NoToken extends Error {
  constructor (message: string) {
    super(message)
    this.name = 'NoToken'
  }
}

export function isLoginRefused (error: unknown): boolean {
  return /^(?:KafkaJSSASLAuthenticationError|LoginRefused)$/.test(rootCause(error).name ?? '') || rootCause(error).type === 'UNSUPPORTED_SASL_MECHANISM'
}

/** No waiting mends it. */
export function isFinal (error: unknown): boolean { return isUntrusted(error) || isLoginRefused(error) }

/** What an operator has to know where Kafka and the gateway do not let each other in; empty where that is not the trouble. */
export function whyOut (error: unknown, principal: string): string {
  if (isUntrusted(error)) return `No connection to Kafka: ${untrusted(error)}.`
  const { name, message = '' } = rootCause(error)
  if (name === 'LoginRefused' || name === 'NoToken') return `No login to Kafka: ${message}.`
  if (!isLoginRefused(error)) return ''
  const [, mechanism = '', reason = message] = /^SASL (.+?) authentication failed: ([^]*)$/.exec(message) ?? []
  return mechanism === ''
    ? `Kafka refuses the login: ${reason} Set kafka.sasl.mechanism to one that this listener takes, or kafka.brokers to another.`
    : `Kafka refuses the login of ${principal} by ${mechanism}: ${reason}. Check the settings under kafka.sasl, and what stands in their files.`
}

/** Whoever answered hung up without a word, as a listener of another protocol does. */
export function isHungUpOn (error: unknown): boolean {
  const { name, code } = rootCause(error)
  return name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET'
}

export function isNotAuthorized (error: unknown): boolean {
  return rootCause(error).type?.endsWith('AUTHORIZATION_FAILED') === true
}

/** The request failed before any byte of it left. */
export class NotSent extends Error {
  constructor (cause: unknown) {
    super('the request was not sent', { cause })
    this.name = 'NotSent'
  }
}
