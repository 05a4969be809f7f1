import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Type, type Static } from 'typebox'
import { quote } from '../config/index.ts'
import { isDeviceId } from '../protocol/device-id.ts'
import { DEVICES, EVENTS, MAX_ITEMS, NAME } from './facts.ts'
import { NOBODY, type Identity } from './identity.ts'
import { isUnambiguous } from './unambiguous.ts'

const YEARS_MS = 100 * 365 * 86_400_000
/** Of a sentence that a caller is told. */
const MAX_SENTENCE = 200

const list = (format: string) => Type.Optional(Type.Array(Type.String({ format }), { maxItems: MAX_ITEMS }))
const Said = Type.Object({
  subject: Type.Optional(Type.String({ format: 'subject' })),
  device: Type.Optional(Type.String({ format: 'device' })),
  roles: list('role'),
  groups: list('name'),
  events: list('events'),
  watch: list('devices'),
  quota: Type.Optional(Type.String({ format: 'name' })),
  expiresMs: Type.Optional(Type.Integer({ minimum: 0, maximum: YEARS_MS })),
  lifetimeMs: Type.Optional(Type.Integer({ minimum: 1, maximum: YEARS_MS }))
}, { additionalProperties: false })

const ajv = new Ajv({
  formats: {
    subject: /^\P{C}{1,255}$/u,
    device: isDeviceId,
    role: (text: string) => NAME.test(text) && !NOBODY.roles.includes(text),
    name: NAME,
    events: EVENTS,
    devices: DEVICES
  }
})
/** Compiled when the first answer comes. */
let validate: ValidateFunction<Static<typeof Said>> | undefined

/** What the callback says of a caller. `expiresMs`: until when, in milliseconds since 1970. */
export type Answer = Omit<Static<typeof Said>, 'lifetimeMs'>

/** Reads the body of a 200. `isKnown`: another login knows the caller, who keeps what is not said. Throws an `Error` that says what is wrong. */
export function readAnswer (text: string, isKnown: boolean, nowMs: number): Answer {
  if (!isUnambiguous(text)) throw new Error('its answer is not JSON, names a member twice, or is nested too deeply')
  validate ??= ajv.compile<Static<typeof Said>>(Said)
  const said: unknown = JSON.parse(text)
  if (!validate(said)) {
    const [{ instancePath, params }] = validate.errors as [ErrorObject]
    const [, member] = instancePath.split('/')
    if (member !== undefined) throw new Error(`its answer has a ${member} that it cannot have`)
    throw new Error(params.additionalProperty === undefined ? 'its answer is no object' : `its answer has ${quote(params.additionalProperty)}, which is no part of one`)
  }
  const { lifetimeMs, ...answer } = said
  if (lifetimeMs !== undefined && answer.expiresMs !== undefined) throw new Error('its answer has both expiresMs and lifetimeMs')
  if (!isKnown && answer.device === undefined && (answer.roles === undefined || answer.roles.includes('device'))) throw new Error('its answer names no device, which the role device needs')
  return lifetimeMs === undefined ? answer : { ...answer, expiresMs: nowMs + lifetimeMs }
}

/** The sentence in the body of a refusal, where there is one that a caller can be told. */
export function readSentence (text: string): string | undefined {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return undefined
  }
  const { message } = Object(said) as { message?: unknown }
  return typeof message === 'string' && message.length <= MAX_SENTENCE && /^\P{C}+$/u.test(message) ? message : undefined
}

/** Who the caller is by that answer. What it does not say is as another login has it, or as for a plain device. */
export function identityBy (answer: Answer, known: Identity | undefined): Identity {
  const { subject, device, expiresMs, ...said } = answer
  const ends = [expiresMs, known?.expiresMs].filter((ms) => ms !== undefined)
  return {
    ...(known ?? { by: 'callback', roles: ['device'], groups: [], watch: [] }),
    ...said,
    subject: subject ?? known?.subject ?? device ?? 'unnamed',
    device: device ?? known?.device,
    expiresMs: ends.length === 0 ? undefined : Math.min(...ends)
  }
}
