import { systemClock } from '../clock.ts'
import { ConfigError, type Settings } from '../config/index.ts'
import { Credentials } from '../log/kafka/credentials.ts'
import { grant } from '../log/kafka/denials.ts'
import { needsOf } from '../needs.ts'

const FLAG = '--principal'

/** Takes `--principal User:name` out of the flags, which is no setting. Throws a `ConfigError`. */
export function principalOf (flags: readonly string[]): { principal: string | undefined, rest: string[] } {
  const at = flags.findIndex((flag) => flag === FLAG || flag.startsWith(`${FLAG}=`))
  if (at < 0) return { principal: undefined, rest: [...flags] }
  const written = (flags[at] as string).slice(FLAG.length + 1)
  const principal = written === '' ? flags[at + 1] : written
  if (principal === undefined || !/^[A-Za-z]+:./.test(principal)) throw new ConfigError([`${FLAG} needs a value: a principal of Kafka, such as User:sluice`])
  return { principal, rest: flags.toSpliced(at, written === '' ? 2 : 1) }
}

/**
 * The kafka-acls commands that let the gateway do what it does, and no more, each below a line that says what for. Who logs in by
 * these settings is meant, unless another principal is given.
 */
export function acl (settings: Settings, principal = whoLogsIn(settings)): string {
  const { brokers } = settings.kafka
  return needsOf(settings)
    .map(({ topic, operation, why }) => `# ${topic}: ${why}\n${grant(principal, operation, topic, brokers.join(',') || undefined)}`)
    .join('\n')
}

function whoLogsIn (settings: Settings): string {
  const { mistakes, principal } = new Credentials(settings.kafka, systemClock, () => {})
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return principal
}
