import { isDeviceId } from '../protocol/device-id.ts'
import { DEVICES, EVENTS, MAX_ITEMS, NAME } from './facts.ts'
import { NOBODY } from './identity.ts'

/** An API key as its file has it: who it is, and never the key itself. */
export interface StoredKey {
  readonly id: string
  /** SHA-256 of its secret, in base64url. */
  readonly hash: string
  readonly device?: string | undefined
  readonly roles: readonly string[]
  readonly groups?: readonly string[] | undefined
  readonly watch?: readonly string[] | undefined
  readonly events?: readonly string[] | undefined
  readonly quota?: string | undefined
  /** In milliseconds since 1970. */
  readonly createdAt: number
  readonly expiresAt?: number | undefined
}

interface Member {
  readonly required?: true
  readonly isGood: (value: unknown) => boolean
  /** What it has to be. */
  readonly must: string
}

const text = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)
const list = (pattern: RegExp, minimum = 0) => (value: unknown) =>
  Array.isArray(value) && value.length >= minimum && value.length <= MAX_ITEMS && value.every(text(pattern))
const isNobody = (roles: unknown): boolean => NOBODY.roles.some((role) => (roles as unknown[]).includes(role))
const isTime = (value: unknown): boolean => Number.isSafeInteger(value) && value as number > 0
const NAMES = 'of 1 to 128 characters of A-Z a-z 0-9 . _ ~ : / @ + = -'

const members: Readonly<Record<keyof StoredKey, Member>> = {
  id: { required: true, isGood: text(/^[0-9a-f]{12}$/), must: '12 hexadecimal digits' },
  hash: { required: true, isGood: text(/^[A-Za-z0-9_-]{43}$/), must: 'a SHA-256 in base64url' },
  device: { isGood: (value) => typeof value === 'string' && isDeviceId(value), must: 'a device id: 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -' },
  roles: { required: true, isGood: (value) => list(NAME, 1)(value) && !isNobody(value), must: `1 to ${MAX_ITEMS} names ${NAMES}, without anonymous` },
  groups: { isGood: list(NAME), must: `up to ${MAX_ITEMS} names ${NAMES}` },
  watch: { isGood: list(DEVICES), must: `up to ${MAX_ITEMS} patterns of device ids` },
  events: { isGood: list(EVENTS), must: `up to ${MAX_ITEMS} patterns of events, of 1 to 128 characters without spaces and braces` },
  quota: { isGood: text(NAME), must: `a name ${NAMES}` },
  createdAt: { required: true, isGood: isTime, must: 'a time in milliseconds since 1970' },
  expiresAt: { isGood: isTime, must: 'a time in milliseconds since 1970' }
}

/** Everything that is wrong with a key; `called` names a member. Values are not told: a secret may stand in the wrong place. */
export function mistakesIn (key: object, called: (member: string) => string): string[] {
  const given = key as Record<string, unknown>
  const wrong = Object.entries(members)
    .filter(([name, { required, isGood }]) => given[name] === undefined ? required : !isGood(given[name]))
    .map(([name, { must }]) => `${called(name)} must be ${must}`)
  if (given.device === undefined && Array.isArray(given.roles) && given.roles.includes('device')) wrong.push(`${called('device')} must be set where the role is device`)
  return wrong
}

/** Whether it has members that no key has. */
export function hasMore (key: object): boolean { return Object.keys(key).some((name) => !Object.hasOwn(members, name)) }
