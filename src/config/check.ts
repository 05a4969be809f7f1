import { isIP } from 'node:net'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import { isLoopback } from './loopback.ts'
import { either, quote } from './mistake.ts'
import { KEYWORDS } from './schema.ts'
import type { Leaf } from './names.ts'

/** host:port. Not an IPv6 address: kafkajs splits at the first colon. */
function broker (text: string): boolean {
  const port = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_.])?:([1-9]\d{0,4})$/.exec(text)?.[1]
  return port !== undefined && Number(port) <= 65_535
}

/** An origin exactly as browsers send it, or that of an application's own scheme (capacitor://localhost). */
function origin (text: string): boolean {
  if (!/^https?:/.test(text)) return /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+$/.test(text)
  return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text
}

/** What came over plain HTTP could be anybody's. */
function secureUrl (text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
}

/** SHA-256 in hex, with colons or without. */
const fingerprint = /^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i

/** A client's secret goes there, so it must not travel in clear. */
function tokenUrl (text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, hash } = new URL(text)
  return username === '' && password === '' && hash === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
}

/** An IP address, or a network in the notation of CIDR. */
function address (text: string): boolean {
  const [ip = '', prefix, ...more] = text.split('/')
  const version = isIP(ip)
  if (version === 0 || ip.includes('%') || more.length > 0) return false
  return prefix === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}

const ajv = new Ajv({ allErrors: true, formats: { address, broker, origin, secureUrl, fingerprint, tokenUrl } })
ajv.addVocabulary([...KEYWORDS])
const compiled = new Map<Leaf, ValidateFunction>()

/** Compiled when a value is first given, so that a start pays only for what is configured. */
function validatorOf (leaf: Leaf): ValidateFunction {
  const validate = compiled.get(leaf) ?? ajv.compile(leaf)
  compiled.set(leaf, validate)
  return validate
}

/** What a setting may be, in words; as text a list has commas. */
export function allowed (leaf: Leaf, asText: boolean): string {
  if (leaf.enum !== undefined) return either(leaf.enum)
  if (leaf.type === 'boolean') return 'true or false'
  if (leaf.type === 'integer') return `a whole number from ${leaf.minimum} to ${leaf.maximum}`
  if (leaf.type === 'array') return `${asText ? 'a comma-separated list' : 'an array'} of ${leaf.allowed}`
  return leaf.allowed!
}

/** What is wrong with a value: 'is "x"', or 'holds "x"' for an item of a list; nothing when it is right. */
export function wrong (leaf: Leaf, value: unknown): string | undefined {
  const validate = validatorOf(leaf)
  if (validate(value)) return undefined
  if (leaf.secret === true) return 'is not shown here'
  if (!Array.isArray(value) || leaf.type !== 'array') return `is ${quote(value)}`
  const items = validate.errors!.map(({ instancePath }) => quote(value[Number(instancePath.slice(1))]))
  return `holds ${items.join(', ')}`
}

/** Text from the environment or a flag as the schema's type has it; what does not fit stays text, and the check refuses it. */
export function fromText (leaf: Leaf, text: string): unknown {
  if (leaf.type === 'array') return text.trim() === '' ? [] : text.split(',').map((item) => item.trim())
  if (leaf.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (leaf.type === 'integer' && /^(?:0|-?[1-9]\d*)$/.test(text)) return Number(text)
  return text
}
