#!/usr/bin/env node
/** Reads the environment and the arguments, starts, and stops on signals: the only file that touches `process`. */
import { readFileSync } from 'node:fs'
import { acl, principalOf } from './commands/acl.ts'
import { start } from './commands/start.ts'
import { describe, load, type ConfigError } from './config/index.ts'

const USAGE = `sluice [start] [--setting value]…   start the gateway
sluice config [--setting value]…    print the settings in force, and where each comes from
sluice acl [--principal User:name]  print the kafka-acls commands for what the gateway needs
sluice --help                       print this

Settings: docs/configuration.md, or 'sluice config'.`

async function main (argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(USAGE)
    return 0
  }
  const verb = argv[0]?.startsWith('-') === false ? argv[0] : 'start'
  const flags = argv[0] === verb ? argv.slice(1) : argv
  if (verb !== 'start' && verb !== 'config' && verb !== 'acl') {
    console.error(`There is no command '${verb}'.\n\n${USAGE}`)
    return 2
  }
  const { principal, rest } = verb === 'acl' ? principalOf(flags) : { principal: undefined, rest: flags }
  const { settings, origins } = load({ argv: rest, env: process.env, readFile: (path) => readFileSync(path, 'utf8') })
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
