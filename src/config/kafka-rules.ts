import type { Rule } from './rules.ts'
import type { Settings } from './schema.ts'

type Sasl = Settings['kafka']['sasl']
type Key<T> = Extract<keyof T, string>

const BY_PASSWORD = ['plain', 'scram-sha-256', 'scram-sha-512']
const OF_A_USER: ReadonlyArray<Key<Sasl>> = ['username', 'password', 'passwordFile']
const OF_A_CLIENT: ReadonlyArray<Key<Sasl>> = ['tokenUrl', 'clientId', 'clientSecretFile', 'scope']

const usesTls = ({ kafka: { tls } }: Settings): boolean => tls.enabled
const hasMechanism = (...mechanisms: readonly string[]) => ({ kafka: { sasl } }: Settings): boolean => mechanisms.includes(sasl.mechanism)
const isGiven = (group: 'tls' | 'sasl', key: string) => ({ kafka }: Settings): boolean => (kafka[group] as Record<string, unknown>)[key] !== undefined

/** What is given is of no use unless something else is so. */
function idle (group: 'tls' | 'sasl', key: string, isUsed: (settings: Settings) => boolean, because: (called: (name: string) => string, settings: Settings) => string): Rule {
  const name = `kafka.${group}.${key}`
  return {
    of: [name, 'kafka.tls.enabled', 'kafka.sasl.mechanism'],
    broken: (settings, called) => isGiven(group, key)(settings) && !isUsed(settings) ? `${called(name)} is given, but ${because(called, settings)}` : undefined
  }
}

/** What is missing. */
function needed (group: 'tls' | 'sasl', key: string, isNeeded: (settings: Settings) => boolean, because: (called: (name: string) => string, settings: Settings) => string): Rule {
  const name = `kafka.${group}.${key}`
  return {
    of: [name, 'kafka.tls.enabled', 'kafka.sasl.mechanism', 'kafka.sasl.password'],
    broken: (settings, called) => isNeeded(settings) && !isGiven(group, key)(settings) ? `${because(called, settings)} needs ${name}` : undefined
  }
}

const mechanism = (called: (name: string) => string, { kafka: { sasl } }: Settings): string => `${called('kafka.sasl.mechanism')}=${sasl.mechanism}`
const otherMechanism = (called: (name: string) => string, { kafka: { sasl } }: Settings): string => `${called('kafka.sasl.mechanism')} is ${sasl.mechanism}`
const noTls = (called: (name: string) => string): string => `${called('kafka.tls.enabled')} is false`

/** What cannot be together under `kafka.tls` and `kafka.sasl`, or is of no use alone. */
export const kafkaRules: readonly Rule[] = [
  ...['caFile', 'certFile', 'keyFile', 'serverName'].map((key) => idle('tls', key, usesTls, noTls)),
  needed('tls', 'keyFile', (settings) => usesTls(settings) && isGiven('tls', 'certFile')(settings), (called) => called('kafka.tls.certFile')),
  needed('tls', 'certFile', (settings) => usesTls(settings) && isGiven('tls', 'keyFile')(settings), (called) => called('kafka.tls.keyFile')),
  ...OF_A_USER.map((key) => idle('sasl', key, hasMechanism(...BY_PASSWORD), otherMechanism)),
  ...OF_A_CLIENT.map((key) => idle('sasl', key, hasMechanism('oauthbearer'), otherMechanism)),
  needed('sasl', 'username', hasMechanism(...BY_PASSWORD), mechanism),
  needed('sasl', 'passwordFile', (settings) => hasMechanism(...BY_PASSWORD)(settings) && !isGiven('sasl', 'password')(settings), mechanism),
  ...['tokenUrl', 'clientId', 'clientSecretFile'].map((key) => needed('sasl', key, hasMechanism('oauthbearer'), mechanism)),
  {
    of: ['kafka.sasl.password', 'kafka.sasl.passwordFile'],
    broken: ({ kafka: { sasl } }, called) => sasl.password !== undefined && sasl.passwordFile !== undefined
      ? `${called('kafka.sasl.password')} and ${called('kafka.sasl.passwordFile')} are both given; choose one of the two`
      : undefined
  },
  {
    of: ['kafka.brokers', 'kafka.tls.enabled', 'kafka.sasl.mechanism'],
    broken: ({ kafka: { brokers, tls, sasl } }, called) => brokers.length === 0 && (tls.enabled || sasl.mechanism !== 'none')
      ? `${called(tls.enabled ? 'kafka.tls.enabled' : 'kafka.sasl.mechanism')} is given, but the embedded broker has neither TLS nor logins; set KAFKA_BROKERS (host:port, …)`
      : undefined
  }
]
