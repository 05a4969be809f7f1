import { either, quote } from './mistake.ts'
import { kafkaRules } from './kafka-rules.ts'
import type { Settings } from './schema.ts'

/** Whether these settings start the embedded broker in Kafka's place. */
export const usesEmbedded = ({ embedded, kafka }: Pick<Settings, 'kafka' | 'embedded'>): boolean =>
  embedded.mode === 'always' || (embedded.mode === 'auto' && kafka.brokers.length === 0)

export interface Rule {
  /** The settings it joins: when one of them is wrong by itself, the rule is silent. */
  readonly of: readonly string[]
  /** The mistake, if there is one; `called` names a setting as the user gave it. */
  readonly broken: (settings: Settings, called: (name: string) => string) => string | undefined
}

// Kafka keeps its metrics under names in which '.' and '_' are one, and refuses a topic that collides with another.
const folded = (topic: string) => topic.replaceAll('_', '.')

const apart = (one: keyof Settings['topics'], other: keyof Settings['topics']): Rule => ({
  of: [`topics.${one}`, `topics.${other}`],
  broken: ({ topics }, called) => {
    if (folded(topics[one]) !== folded(topics[other])) return undefined
    const pair = `${called(`topics.${one}`)} and ${called(`topics.${other}`)}`
    return topics[one] === topics[other]
      ? `${pair} are both ${quote(topics[one])}; they must be two topics`
      : `${pair} are ${quote(topics[one])} and ${quote(topics[other])}; Kafka takes "." and "_" for the same in topic names`
  }
})

const KEYS = ['secretFile', 'publicKeyFile', 'jwksUrl'] as const
const named = (names: readonly string[]): string[] => names.map((name) => `auth.jwt.${name}`)

/** One source of keys: a second one would be one more way in, for tokens of another kind. */
const oneSource: Rule = {
  of: named(KEYS),
  broken: ({ auth: { jwt } }, called) => {
    const given = named(KEYS.filter((name) => jwt[name] !== undefined)).map(called)
    return given.length > 1 ? `${given.slice(0, -1).join(', ')} and ${given.at(-1)} are set; choose one of them` : undefined
  }
}

const withoutKeys: Rule = {
  of: named([...KEYS, 'issuer', 'audience']),
  broken: ({ auth: { jwt } }, called) => {
    const [given] = (['issuer', 'audience'] as const).filter((name) => jwt[name] !== undefined)
    return given !== undefined && KEYS.every((name) => jwt[name] === undefined)
      ? `${called(`auth.jwt.${given}`)} is set, but nothing says where the keys are; set ${either(named(KEYS))}`
      : undefined
  }
}

/** One setting of `tls` that means nothing, or nothing good, without another. */
const needs = (one: 'certFile' | 'keyFile' | 'passphraseFile' | 'clientCaFile', other: 'certFile' | 'keyFile'): Rule => ({
  of: [`tls.${one}`, `tls.${other}`],
  broken: ({ tls }, called) => tls[one] !== undefined && tls[other] === undefined
    ? `${called(`tls.${one}`)} is set, but tls.${other} is not`
    : undefined
})

const clientCertificates: Rule = {
  of: ['tls.clientCertificates', 'tls.clientCaFile'],
  broken: ({ tls }, called) => {
    const asked = tls.clientCertificates !== 'none'
    if (asked === (tls.clientCaFile !== undefined)) return undefined
    return asked
      ? `${called('tls.clientCertificates')} is ${quote(tls.clientCertificates)}, but nothing says who signs them; set tls.clientCaFile`
      : `${called('tls.clientCaFile')} is set, but ${called('tls.clientCertificates')} is "none"; set it to "optional" or "required"`
  }
}

/** Whoever lists certificates believes that the list is asked. */
const withoutDevice = (name: 'fingerprints' | 'fingerprintsFile'): Rule => ({
  of: [`auth.certificate.${name}`, 'auth.certificate.device'],
  broken: ({ auth: { certificate } }, called) => certificate.device === undefined && certificate[name] !== undefined && certificate[name].length > 0
    ? `${called(`auth.certificate.${name}`)} is set, but auth.certificate.device is not, so that certificates log nobody in`
    : undefined
})

const withoutCallback: Rule = {
  of: ['auth.http.url', 'auth.http.secretFile'],
  broken: ({ auth: { http } }, called) => http.secretFile !== undefined && http.url === undefined
    ? `${called('auth.http.secretFile')} is set, but nothing says who is shown it; set auth.http.url`
    : undefined
}

export const rules: readonly Rule[] = [
  {
    of: ['embedded.mode', 'kafka.brokers'],
    broken: ({ embedded, kafka }, called) => embedded.mode === 'never' && kafka.brokers.length === 0
      ? `${called('embedded.mode')} is "never", but no Kafka broker is named; set KAFKA_BROKERS (host:port, …)`
      : undefined
  },
  {
    of: ['embedded.mode', 'kafka.brokers'],
    broken: ({ embedded, kafka }, called) => embedded.mode === 'always' && kafka.brokers.length > 0
      ? `${called('embedded.mode')} is "always", but ${called('kafka.brokers')} names ${quote(kafka.brokers.join(','))}; choose one of the two`
      : undefined
  },
  apart('uplink', 'downlink'),
  apart('uplink', 'positions'),
  apart('uplink', 'revocations'),
  apart('downlink', 'positions'),
  apart('downlink', 'revocations'),
  apart('positions', 'revocations'),
  oneSource,
  withoutKeys,
  needs('certFile', 'keyFile'),
  needs('keyFile', 'certFile'),
  needs('passphraseFile', 'keyFile'),
  needs('clientCaFile', 'certFile'),
  clientCertificates,
  withoutDevice('fingerprints'),
  withoutDevice('fingerprintsFile'),
  withoutCallback,
  ...kafkaRules
]
