import { schema } from './schema.ts'

/** One setting's part of the schema. */
export interface Leaf {
  readonly description: string
  readonly type?: 'integer' | 'boolean' | 'string' | 'array'
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly embeddedDefault?: unknown
  readonly allowed?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly env?: string
  readonly secret?: boolean
}

export interface Setting {
  readonly name: string
  readonly leaf: Leaf
  /** Its own variable first, then the usual one: the first that is set wins. */
  readonly variables: readonly string[]
}

type Node = Leaf | { readonly properties: Readonly<Record<string, Node>> }

/** `kafka.createTopics` is SLUICE_KAFKA_CREATE_TOPICS. */
export const variableOf = (name: string): string =>
  `SLUICE_${name.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`

const groupNames = new Set<string>()

function walk (properties: Readonly<Record<string, Node>>, prefix: string): Setting[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const name = prefix + key
    if (!('properties' in node)) return { name, leaf: node, variables: [variableOf(name), ...(node.env === undefined ? [] : [node.env])] }
    groupNames.add(name)
    return walk(node.properties, `${name}.`)
  })
}

/** Every setting, in the schema's order. */
export const settings: readonly Setting[] = walk(schema.properties as unknown as Record<string, Node>, '')

/** The names that hold settings and are none: `kafka`, `ws`, … */
export const groups: ReadonlySet<string> = groupNames

export const byName: ReadonlyMap<string, Setting> = new Map(settings.map((setting) => [setting.name, setting]))
