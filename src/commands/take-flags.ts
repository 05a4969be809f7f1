import { ConfigError } from '../config/index.ts'

/** A command's own flags, `--name value` or `--name=value`, and what is left for the settings. Throws a `ConfigError`. */
export function takeFlags<F extends string> (names: readonly F[], argv: readonly string[]): { given: { [N in F]?: string }, rest: string[] } {
  const given: { [N in F]?: string } = {}
  const rest: string[] = []
  const mistakes: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const [, called, written] = /^--([^=]+)(?:=([^]*))?$/.exec(argv[at]!) ?? []
    const name = names.find((one) => one === called)
    if (name === undefined) {
      rest.push(argv[at]!)
      continue
    }
    const value = written ?? argv[++at]
    if (value === undefined) mistakes.push(`--${name} needs a value`)
    else if (given[name] !== undefined) mistakes.push(`--${name} is given twice`)
    else given[name] = value
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { given, rest }
}
