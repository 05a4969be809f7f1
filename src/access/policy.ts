import { NOBODY, type Identity } from './identity.ts'
import { matches } from './pattern.ts'

/** What can be allowed, and what its resource names. docs/security.md shows the same table. */
export const verbs = {
  connect: 'a device id: open a socket as that device',
  publish: 'an event, empty where a frame has none: send it up',
  watch: 'a device id, or * for all: follow what it sends',
  send: 'a device id: send it a message over HTTP',
  list: '*: see which devices are connected',
  metrics: '*: read the metrics',
  kick: 'a device id: close its sockets',
  revoke: '*: take a token, a key or a device its access',
  quotas: '*: change the rates of a class'
} as const

export type Verb = keyof typeof verbs

/**
 * Allows a role a verb on what its pattern matches: `*` stands for any characters, `{device}` for the caller's own id, `{group}`
 * for each of its groups, `{watch}` for each of its watch patterns. What no rule allows is refused.
 */
export interface Rule { readonly role: string, readonly verb: Verb, readonly resource: string }

const all = (role: string, ...some: Verb[]): Rule[] => some.map((verb) => ({ role, verb, resource: '*' }))

export const DEFAULT_RULES: readonly Rule[] = [
  ...all('anonymous', 'connect', 'publish', 'watch', 'send', 'list', 'metrics'),
  { role: 'device', verb: 'connect', resource: '{device}' },
  ...all('device', 'publish'),
  { role: 'device', verb: 'watch', resource: '{watch}' },
  { role: 'service', verb: 'watch', resource: '{watch}' },
  ...all('service', 'send', 'list'),
  ...all('operator', 'watch', 'send', 'list', 'metrics', 'kick', 'revoke', 'quotas'),
  ...all('monitor', 'metrics')
]

/** The one table that sockets and HTTP ask. */
export class Policy {
  readonly #rules: readonly Rule[]
  readonly #nobody: Grants

  constructor (rules: readonly Rule[] = DEFAULT_RULES) {
    this.#rules = rules
    this.#nobody = new Grants(NOBODY, rules)
  }

  /** What the caller may do: made once, asked for each message. */
  grants (identity: Identity): Grants { return identity === NOBODY ? this.#nobody : new Grants(identity, this.#rules) }

  /** The rule that allows it; undefined: none does. */
  why (identity: Identity, verb: Verb, resource: string): Rule | undefined {
    if (!this.grants(identity).may(verb, resource)) return undefined
    return this.#rules.find((rule) => rule.verb === verb && identity.roles.includes(rule.role) &&
      expand(rule.resource, identity).some((pattern) => matches(pattern, resource)))
  }
}

/** What one caller may do. */
export class Grants {
  readonly identity: Identity
  readonly #rules: readonly Rule[]
  /** Patterns by verb, from the first time that it is asked for. */
  readonly #patterns: { [V in Verb]?: readonly string[] } = {}

  constructor (identity: Identity, rules: readonly Rule[]) {
    this.identity = identity
    this.#rules = rules
  }

  may (verb: Verb, resource: string): boolean {
    const { events } = this.identity
    if (verb === 'publish' && events !== undefined && !isAny(events, resource)) return false
    const patterns = this.#patterns[verb] ??= this.#compile(verb)
    return isAny(patterns, resource)
  }

  #compile (verb: Verb): readonly string[] {
    const allowed = this.#rules.flatMap((rule) => rule.verb === verb && this.identity.roles.includes(rule.role) ? expand(rule.resource, this.identity) : [])
    return allowed.includes('*') ? EVERYTHING : allowed
  }
}

const EVERYTHING = ['*']

function isAny (patterns: readonly string[], resource: string): boolean {
  for (const pattern of patterns) if (pattern === '*' || matches(pattern, resource)) return true
  return false
}

const PLACE = /\{(device|group|watch)\}/

/** The patterns that a rule's resource stands for, for that caller; none where it has no such thing. */
function expand (resource: string, identity: Identity): readonly string[] {
  const place = PLACE.exec(resource)
  if (place === null) return [resource]
  const { device, groups, watch } = identity
  const values = { device: device === undefined ? [] : [device], group: groups, watch }[place[1] as 'device' | 'group' | 'watch']
  return values.flatMap((value) => expand(resource.replace(place[0], () => value), identity))
}
