import { fromText } from './check.ts'
import { plain } from './mistake.ts'
import { settings } from './names.ts'
import { meant } from './nearest.ts'
import type { Given, Source } from './source.ts'

/**
 * What Kubernetes gives every container about a Service named `sluice` or `sluice-…`: SLUICE_SERVICE_HOST,
 * SLUICE_SERVICE_PORT_HTTP, SLUICE_PORT=tcp://10.0.0.1:8080, SLUICE_PORT_8080_TCP_ADDR, SLUICE_KAFKA_SERVICE_HOST, …
 */
const isServiceLink = (variable: string, value: string): boolean =>
  /^SLUICE_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/.test(variable) ||
  (/^SLUICE_(?:\w+_)?PORT$/.test(variable) && /^(?:tcp|udp|sctp):\/\//.test(value))

/** Reads the variables. An empty one is as good as unset: compose files pass `${PORT:-}` on. */
export function readEnvironment (env: Readonly<Record<string, string | undefined>>): Source {
  const given: Given[] = []
  const known = new Set(settings.map(({ variables }) => variables[0]!))
  const value = (variable: string) => {
    const text = env[variable] ?? ''
    return isServiceLink(variable, text) ? '' : text
  }
  for (const setting of settings) {
    const variable = setting.variables.find((name) => value(name) !== '')
    if (variable === undefined) continue
    given.push({ setting, value: fromText(setting.leaf, value(variable)), text: true, origin: variable, label: variable })
  }
  const mistakes = Object.entries(env)
    .filter(([name, text]) => name.startsWith('SLUICE_') && text !== undefined && !known.has(name) && !isServiceLink(name, text))
    .map(([name]) => `${plain(name)} is not a variable of Sluice${meant(name, known)}`)
  return { given, mistakes }
}
