import { NOBODY, type Identity } from './identity.ts'
import { matches } from './pattern.ts'
import { expand } from './placeholders.ts'

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

export const VERBS = Object.keys(verbs) as readonly Verb[]

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
  { role: 'service', verb: 'connect', resource: '{device}' },
  { role: 'service', verb: 'watch', resource: '{watch}' },
  ...all('service', 'send', 'list'),
  { role: 'operator', verb: 'connect', resource: 'page-*' },
  ...all('operator', 'watch', 'send', 'list', 'metrics', 'kick', 'revoke', 'quotas'),
  ...all('monitor', 'metrics')
]

/** Why a caller may do a thing, or may not. */
export interface Explanation {
  /** The rule that allows it; undefined: none does. */
  readonly rule?: Rule | undefined
  /** Its credentials name the events that it may publish, and not this one: no rule can allow it. */
  readonly isNoEvent: boolean
  /** Rules of its own roles for that verb, and the patterns that they stand for, for this caller. */
  readonly own: ReadonlyArray<{ readonly rule: Rule, readonly patterns: readonly string[] }>
  /** Rules that would allow it to a caller with another role. */
  readonly others: readonly Rule[]
}

/** The one table that sockets and HTTP ask. */
export class Policy {
  readonly #rules: ReadonlyMap<Verb, readonly Rule[]>
  readonly #nobody: Grants

  constructor (rules: readonly Rule[] = DEFAULT_RULES) {
    this.#rules = new Map(VERBS.map((verb) => [verb, rules.filter((rule) => rule.verb === verb)]))
    this.#nobody = new Grants(NOBODY, this.#rules)
  }

  /** What the caller may do: made once, asked for each message. */
  grants (identity: Identity): Grants { return identity === NOBODY ? this.#nobody : new Grants(identity, this.#rules) }

  explain (identity: Identity, verb: Verb, resource: string): Explanation {
    const rules = this.#rules.get(verb) as readonly Rule[]
    const allows = (rule: Rule): boolean => isAny(expand(rule.resource, identity), resource)
    const own = rules.filter(({ role }) => identity.roles.includes(role))
    const isNoEvent = !mayName(identity, verb, resource)
    return {
      rule: isNoEvent ? undefined : own.find(allows),
      isNoEvent,
      own: own.map((rule) => ({ rule, patterns: expand(rule.resource, identity) })),
      others: rules.filter((rule) => !own.includes(rule) && allows(rule))
    }
  }
}

/** What one caller may do. */
export class Grants {
  readonly identity: Identity
  readonly #rules: ReadonlyMap<Verb, readonly Rule[]>
  /** Patterns by verb, from the first time that it is asked for. */
  readonly #patterns: { [V in Verb]?: readonly string[] } = {}

  constructor (identity: Identity, rules: ReadonlyMap<Verb, readonly Rule[]>) {
    this.identity = identity
    this.#rules = rules
  }

  /** Asked for each message: from a verb's second time on it allocates nothing. */
  may (verb: Verb, resource: string): boolean {
    const patterns = this.#patterns[verb] ??= this.#compile(verb)
    return isAny(patterns, resource) && mayName(this.identity, verb, resource)
  }

  #compile (verb: Verb): readonly string[] {
    const patterns = new Set<string>()
    for (const { role, resource } of this.#rules.get(verb) as readonly Rule[]) {
      if (this.identity.roles.includes(role)) for (const pattern of expand(resource, this.identity)) patterns.add(pattern)
    }
    return patterns.has('*') ? EVERYTHING : [...patterns]
  }
}

const EVERYTHING = ['*']

/** What its roles allow, the caller's own list of events takes back. */
function mayName ({ events }: Identity, verb: Verb, resource: string): boolean {
  return verb !== 'publish' || events === undefined || isAny(events, resource)
}

function isAny (patterns: readonly string[], resource: string): boolean {
  for (const pattern of patterns) if (pattern === '*' || matches(pattern, resource)) return true
  return false
}
