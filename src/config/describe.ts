import { plain } from './mistake.ts'
import { settings as known, type Setting } from './names.ts'
import type { Settings } from './schema.ts'

function valueOf (settings: Settings, { name, leaf }: Setting): string {
  const value = name.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], settings)
  if (leaf.secret === true && value !== undefined) return '(not shown)'
  return value === undefined || (Array.isArray(value) && value.length === 0) ? 'none' : plain(String(value), Infinity)
}

/** The settings in force as aligned columns, one line each: name, value, where it came from. */
export function describe (settings: Settings, origins: ReadonlyMap<string, string>): string {
  const rows = [
    ['setting', 'value', 'from'] as const,
    ...known.map((setting) => [setting.name, valueOf(settings, setting), plain(origins.get(setting.name) ?? 'default', Infinity)] as const)
  ]
  const wide = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length))
  const [names, values] = [wide(0), wide(1)]
  return rows.map(([name, value, from]) => `${name.padEnd(names)}  ${value.padEnd(values)}  ${from}`).join('\n')
}
