import { allowed, fromText } from './check.ts'
import { plain, quote } from './mistake.ts'
import { byName } from './names.ts'
import { meant } from './nearest.ts'
import type { Given, Source } from './source.ts'

export interface Flags extends Source {
  /** The path that `--config` gives. */
  readonly config?: string
}

const KNOWN = ['--config', ...[...byName.keys()].map((name) => `--${name}`)]

/** Reads `--name value`, `--name=value`, and `--name` alone where the setting is true or false. A flag given twice: the last one holds. */
export function readFlags (argv: readonly string[]): Flags {
  const given: Given[] = []
  const mistakes: string[] = []
  let config: string | undefined

  for (let at = 0; at < argv.length; at++) {
    const [, flag = '', written] = /^(--[^=]+)(?:=([^]*))?$/.exec(argv[at]!) ?? []
    const setting = byName.get(flag.slice(2))
    const following = argv[at + 1]?.startsWith('--') ? undefined : argv[at + 1]
    const yesNo = setting?.leaf.type === 'boolean'
    const taken = written ?? (yesNo && following !== 'true' && following !== 'false' ? undefined : following)
    const value = taken ?? (yesNo ? 'true' : undefined)

    if (flag === '') {
      mistakes.push(`${quote(argv[at])} is not a flag; flags are written --name value or --name=value`)
      continue
    }
    if (written === undefined && taken !== undefined) at++
    if (flag === '--config') {
      if (value) config = value
      else mistakes.push('--config needs a value: the path of a JSON file')
    } else if (setting === undefined) mistakes.push(`${plain(flag)} is not a flag of Sluice${meant(flag, KNOWN)}`)
    else if (value === undefined) mistakes.push(`${flag} needs a value: ${allowed(setting.leaf, true)}`)
    else given.push({ setting, value: fromText(setting.leaf, value), text: true, origin: flag, label: flag })
  }
  return { given, mistakes, ...(config === undefined ? {} : { config }) }
}
