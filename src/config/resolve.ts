import { allowed, wrong } from './check.ts'
import { ConfigError } from './mistake.ts'
import { groups, settings as known } from './names.ts'
import { rules, usesEmbedded } from './rules.ts'
import type { Settings } from './schema.ts'
import type { Given, Source } from './source.ts'

export interface Loaded {
  readonly settings: Settings
  /** From the name of every setting to 'default', or the file, variable or flag that gave it. */
  readonly origins: ReadonlyMap<string, string>
}

type Tree = { [key: string]: unknown }

function put (tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) tree[key] = Array.isArray(value) ? [...value] : value
  else put((tree[key] ??= {}) as Tree, rest, value)
}

function frozen<T> (tree: T): T {
  if (typeof tree === 'object') Object.values(tree as object).forEach(frozen)
  return Object.freeze(tree)
}

/** What is given, and the defaults where nothing is, as frozen nested settings. */
function nest (held: ReadonlyMap<string, Given>, embedded: boolean): Settings {
  const tree: Tree = {}
  for (const name of groups) put(tree, name.split('.'), {}) // also where nothing in it has a value
  for (const { name, leaf } of known) {
    const preset = embedded ? leaf.embeddedDefault ?? leaf.default : leaf.default
    const given = held.get(name)
    const value = given === undefined ? preset : given.value
    if (value !== undefined) put(tree, name.split('.'), value)
  }
  // The shape is the schema's by construction, and every value has been checked.
  return frozen(tree) as unknown as Settings
}

/** Joins the sources, lowest first, over the defaults. Throws a ConfigError with every mistake of all of them. */
export function resolve (sources: readonly Source[]): Loaded {
  const mistakes: string[] = []
  const spoilt = new Set<string>()
  const held = new Map<string, Given>()
  for (const source of sources) {
    mistakes.push(...source.mistakes)
    for (const given of source.given) {
      const { name, leaf } = given.setting
      const what = wrong(leaf, given.value)
      if (what === undefined) {
        held.set(name, given)
      } else {
        spoilt.add(name)
        mistakes.push(`${given.label} ${what}; it must be ${allowed(leaf, given.text)}`)
      }
    }
  }

  const settings = nest(held, usesEmbedded(nest(held, false)))
  const called = (name: string) => held.get(name)?.label ?? name
  // A value that could not be read must not be missed a second time by a rule.
  const judged = sources.some(({ unread }) => unread) ? [] : rules.filter(({ of }) => !of.some((name) => spoilt.has(name)))
  mistakes.push(...judged.flatMap(({ broken }) => broken(settings, called) ?? []))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { settings, origins: new Map(known.map(({ name }) => [name, held.get(name)?.origin ?? 'default'])) }
}
