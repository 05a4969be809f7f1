import { readFileSync } from 'node:fs'
import { ConfigError } from '../config/index.ts'
import type { Quota } from './quotas.ts'

/** What a member of a class may be; the HTTP API asks for the same. */
export const QUOTA_BOUNDS = {
  framesPerSecond: { minimum: 0, maximum: 10_000_000 },
  bytesPerSecond: { minimum: 0, maximum: 1_099_511_627_776 },
  burstMs: { minimum: 1, maximum: 3_600_000 }
} as const
/** A class has a name as a claim would have it. */
export const CLASS_NAME = '^[A-Za-z0-9._~:-]{1,64}$'
export const MAX_CLASSES = 1_000

const MEMBERS = Object.entries(QUOTA_BOUNDS)

/** The classes of `quotas.file`: `{"gold": {"framesPerSecond": 100, "bytesPerSecond": 0, "burstMs": 2000}}`. Throws a ConfigError with all its mistakes. */
export function readQuotas (path: string): Record<string, Quota> {
  const mistakes: string[] = []
  const classes = read(path)
  if (!isObject(classes)) throw new ConfigError([`quotas.file ${path} is not a JSON object of classes`])
  if (Object.keys(classes).length > MAX_CLASSES) mistakes.push(`quotas.file has more than ${MAX_CLASSES} classes`)
  for (const [name, quota] of Object.entries(classes)) {
    if (!new RegExp(CLASS_NAME).test(name)) mistakes.push(`quotas.file has a class with the name ${JSON.stringify(name.slice(0, 80))}; it must be 1 to 64 characters of A-Z a-z 0-9 . _ ~ : -`)
    else mistakes.push(...wrongs(name, quota))
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return classes as Record<string, Quota>
}

function read (path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError([`quotas.file cannot be read: ${(error as Error).message}`])
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError([`quotas.file ${path} is not JSON`])
  }
}

function wrongs (name: string, quota: unknown): string[] {
  if (!isObject(quota)) return [`quotas.file: ${name} is not an object with ${MEMBERS.map(([member]) => member).join(', ')}`]
  const unknown = Object.keys(quota).filter((member) => !(member in QUOTA_BOUNDS)).map((member) => `quotas.file: ${name} has no member ${JSON.stringify(member.slice(0, 80))}`)
  const bad = MEMBERS.filter(([member, { minimum, maximum }]) => {
    const value = quota[member]
    return !Number.isInteger(value) || value as number < minimum || value as number > maximum
  })
  return [...unknown, ...bad.map(([member, { minimum, maximum }]) => `quotas.file: ${member} of ${name} must be a whole number from ${minimum} to ${maximum}`)]
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
