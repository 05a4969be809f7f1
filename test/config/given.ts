import { load } from '../../src/config/index.ts'
import { ConfigError } from '../../src/config/mistake.ts'
import type { Loaded } from '../../src/config/index.ts'

export interface Sources { argv?: string[], env?: Record<string, string | undefined>, file?: unknown }

/** Loads from what is given; `file` becomes sluice.json (as it stands, if it is text). */
export function loadFrom ({ argv = [], env = {}, file }: Sources): Loaded {
  const readFile = (path: string) => {
    if (path !== 'sluice.json') throw new Error(`unexpected path ${path}`)
    return typeof file === 'string' ? file : JSON.stringify(file)
  }
  return load({ argv: file === undefined ? argv : ['--config', 'sluice.json', ...argv], env, readFile })
}

/** The mistakes that an action throws, none when it does not throw. */
export function mistakesOf (action: () => unknown): readonly string[] {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}
