#!/usr/bin/env node
/** Reads the environment and the arguments, starts, and stops on signals: the only file that touches `process`. */
import { readFileSync } from 'node:fs'
import { acl, principalOf } from './commands/acl.ts'
import { explain } from './commands/explain.ts'
import { keys } from './commands/keys.ts'
import { start } from './commands/start.ts'
import { describe, load, type ConfigError, type Loaded } from './config/index.ts'

const USAGE = `sluice [start] [--setting value]…   start the gateway
sluice config [--setting value]…    print the settings in force, and where each comes from
sluice explain <token> <verb> [resource] [--setting value]…
                                    print what a token allows, and by which rule; - reads it from standard input
sluice keys create …                make an API key; 'sluice keys' says how
sluice keys list                    print the API keys, without their secrets
sluice keys revoke ID               take an API key its access
sluice acl [--principal User:name]  print the kafka-acls commands for what the gateway needs
sluice --help                       print this

Settings: docs/configuration.md, or 'sluice config'.`

async function main (argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(USAGE)
    return 0
  }
  const verb = argv[0]?.startsWith('-') === false ? argv[0] : 'start'
  const rest = argv[0] === verb ? argv.slice(1) : argv
  const loaded = (argv: readonly string[]): Loaded => load({ argv, env: process.env, readFile: (path) => readFileSync(path, 'utf8') })
  if (verb === 'keys') return await keys(rest, (argv) => loaded(argv).settings, process)
  if (verb === 'explain') return await explain(rest, (argv) => loaded(argv).settings, process)
  if (verb !== 'start' && verb !== 'config' && verb !== 'acl') {
    console.error(`There is no command '${verb}'.\n\n${USAGE}`)
    return 2
  }
  const { principal, rest: flags } = verb === 'acl' ? principalOf(rest) : { principal: undefined, rest }
  const { settings, origins } = loaded(flags)
  if (verb === 'config') {
    console.log(describe(settings, origins))
    return 0
  }
  if (verb === 'acl') {
    console.log(acl(settings, principal))
    return 0
  }
  return await start(settings, process)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const { mistakes = [error] } = error as Partial<ConfigError>
  for (const mistake of mistakes) console.error(mistake)
  process.exitCode = 2
}
