import { readEnvironment } from './environment.ts'
import { readSettingsFile } from './file.ts'
import { readFlags } from './flags.ts'
import { resolve } from './resolve.ts'
import type { Loaded } from './resolve.ts'
import type { DeepPartial, Settings } from './schema.ts'
import { readTree } from './tree.ts'

export interface Inputs {
  /** The flags alone: no node, no script, no verb. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Gives the text of the file that --config names, or throws. */
  readonly readFile: (path: string) => string
}

/** The settings in force: defaults, then the file of --config, the environment, the flags. Throws a ConfigError. */
export function load ({ argv, env, readFile }: Inputs): Loaded {
  const flags = readFlags(argv)
  const file = flags.config === undefined ? [] : [readSettingsFile(flags.config, readFile)]
  return resolve([...file, readEnvironment(env), flags])
}

/** The defaults with a program's own values in place, checked by the same schema. Throws a ConfigError. */
export function defaults (overrides: DeepPartial<Settings> = {}): Settings {
  return resolve([readTree(overrides)]).settings
}
