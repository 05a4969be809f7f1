import type { Clock } from '../../clock.ts'
import { Certificates, type TlsSettings } from './certificates.ts'
import type { Login, Security } from './kafkajs.ts'
import { Tokens } from './tokens.ts'
import { secret, WatchedFile } from './watched-file.ts'

export interface SaslSettings {
  readonly mechanism: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer'
  readonly username?: string
  readonly password?: string
  readonly passwordFile?: string
  readonly tokenUrl?: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly scope?: string
}

export interface CredentialSettings { readonly tls: TlsSettings, readonly sasl: SaslSettings, readonly requestTimeoutMs: number }

/**
 * What the gateway shows to Kafka, and what it wants to see of it. All that stands in files is read again when it is needed, so that
 * it can be changed while the gateway runs.
 */
export class Credentials implements Security {
  /** A sentence for each file that is of no use; where there is one, nothing else here is to be used. */
  readonly mistakes: string[] = []
  readonly tls: Certificates | undefined
  readonly sasl: { readonly mechanism: string, readonly login: () => Promise<Login> } | undefined
  #settings: CredentialSettings
  #tokens: Tokens | undefined

  constructor (settings: CredentialSettings, clock: Clock, warn: (sentence: string) => void) {
    this.#settings = settings
    const { tls, sasl, requestTimeoutMs: timeoutMs } = settings
    if (tls.enabled) this.tls = new Certificates(tls, this.mistakes, warn)
    const secretOf = (name: 'passwordFile' | 'clientSecretFile'): WatchedFile<string> | undefined => {
      try {
        return sasl[name] === undefined ? undefined : new WatchedFile(`kafka.sasl.${name}`, sasl[name], secret, warn)
      } catch (error) {
        this.mistakes.push((error as Error).message)
        return undefined
      }
    }
    if (sasl.mechanism === 'none') return
    const [password, clientSecret] = [secretOf('passwordFile'), secretOf('clientSecretFile')]
    const mechanism = sasl.mechanism.toUpperCase()
    if (sasl.mechanism === 'oauthbearer') {
      const tokens = this.#tokens = new Tokens({
        url: sasl.tokenUrl as string, clientId: sasl.clientId as string, secret: () => (clientSecret as WatchedFile<string>).value, scope: sasl.scope, timeoutMs
      }, clock)
      this.sasl = { mechanism, login: async () => ({ token: await tokens.current() }) }
    } else {
      const username = sasl.username as string
      this.sasl = { mechanism, login: async () => ({ username, password: password?.value ?? sasl.password as string }) }
    }
  }

  /** Who Kafka takes us for, if its own rules do not say otherwise: what ACLs name. */
  get principal (): string {
    const { mechanism, username, clientId } = this.#settings.sasl
    if (mechanism === 'oauthbearer') return `User:${this.#tokens?.subject ?? clientId}`
    if (mechanism !== 'none') return `User:${username}`
    return `User:${this.tls?.subject ?? 'ANONYMOUS'}`
  }

  /** Whether what must stay secret can be read on its way to Kafka. */
  get isExposed (): boolean { return this.tls === undefined && /^(?:PLAIN|OAUTHBEARER)$/.test(this.sasl?.mechanism ?? '') }
}
