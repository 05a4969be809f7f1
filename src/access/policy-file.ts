import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { Type, type Static } from 'typebox'
import { ConfigError, either, meant, plain, quote, readJsonFile } from '../config/index.ts'
import { PLACEHOLDERS } from './placeholders.ts'
import { VERBS, type Rule } from './policy.ts'

const MEMBERS = ['role', 'verb', 'resource'] as const

const Rules = Type.Array(Type.Object({
  role: Type.String({ pattern: '^[A-Za-z0-9._~:/@+=-]{1,128}$' }),
  verb: Type.Enum([...VERBS]),
  resource: Type.String({ maxLength: 256, format: 'resource' })
}, { additionalProperties: false }), { minItems: 1, maxItems: 1000 })

const ajv = new Ajv({ allErrors: true, verbose: true, formats: { resource: (text: string) => strangeIn(text) === undefined } })

/** The rules in a JSON file, which take the place of the default ones. Throws a `ConfigError` with every mistake in it. */
export function readRules (path: string): readonly Rule[] {
  const read = readJsonFile('auth.policyFile', path, (path) => readFileSync(path, 'utf8'))
  if ('mistake' in read) throw new ConfigError([read.mistake])
  const validate = ajv.compile<Static<typeof Rules>>(Rules)
  if (validate(read.value)) return read.value
  throw new ConfigError([...new Set((validate.errors as ErrorObject[]).map((error) => sentenceOf(error, plain(path, Infinity))))])
}

function sentenceOf ({ instancePath, keyword, params, data }: ErrorObject, file: string): string {
  const [, at, member] = instancePath.split('/')
  if (at === undefined) return `${file} ${keyword === 'type' ? `is ${quote(data)}` : `has ${(data as unknown[]).length} rules`}; it must be an array of 1 to 1000 rules`
  const rule = `rule ${Number(at) + 1} in ${file}`
  if (keyword === 'required') return `${rule} has no ${params.missingProperty}`
  if (keyword === 'additionalProperties') return `${rule} has ${quote(params.additionalProperty)}, which is no part of a rule${meant(params.additionalProperty, MEMBERS)}`
  if (member === undefined) return `${rule} is ${quote(data)}; it must be an object with ${MEMBERS.join(', ')}`
  const is = `the ${member} of ${rule} is ${quote(data)}`
  if (member === 'role') return `${is}; it must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : / @ + = -`
  if (member === 'verb') return `${is}${typeof data === 'string' ? meant(data, VERBS) : ''}; it must be ${either(VERBS)}`
  if (keyword === 'format') return `${is}, where ${strangeIn(data as string)}`
  return `${is}; it must be a text of up to 256 characters`
}

/** What of a resource is no placeholder and looks like one. */
function strangeIn (resource: string): string | undefined {
  const known = PLACEHOLDERS.map((name) => `{${name}}`)
  const rest = known.reduce((text, place) => text.replaceAll(place, ' '), resource)
  const found = /\{[^{}]*\}?|\}/.exec(rest)?.[0]
  return found === undefined ? undefined : `${quote(found)} is no placeholder${meant(found, known)}; it can be ${either(known)}`
}
