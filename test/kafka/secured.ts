/**
 * A real Kafka with TLS, logins and the authorizer on. Its plain listener is the administrators', and of the tests' other side; the
 * gateways come by the others: SCRAM and PLAIN, OAUTHBEARER, or a client certificate.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import kafkajs, { type AclEntry } from 'kafkajs'
import type { DeepPartial, Settings } from '../../src/config/index.ts'
import { OPERATIONS, type Need, type Operation } from '../../src/log/kafka/denials.ts'
import { Authority } from './certificates.ts'
import { AUDIENCE, Issuer } from './issuer.ts'
import { ensureKafka } from './jars.ts'
import { keepSecret } from '../logs/keep.ts'
import { startKafka, type RealKafka } from './real.ts'
import { freePorts } from './ports.ts'

export { ensureKafka } from './jars.ts'

export type Kind = 'scram' | 'plain' | 'oauthbearer' | 'mtls'
type KafkaSettings = DeepPartial<Settings['kafka']>

export const USER = 'sluice'
const PASSWORD = 'a first secret'
/** A login holds so long: many are renewed in each test. */
const REAUTH_MS = 4_000

export class SecuredKafka {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-secured-'))
  readonly authority = new Authority(this.folder)
  readonly issuer = new Issuer()
  readonly caFile = this.authority.caFile
  readonly passwordFile = join(this.folder, 'password')
  readonly clientSecretFile = join(this.folder, 'client-secret')
  readonly client = this.authority.issue('client', { subject: '/O=Sluice, Inc./CN=sluice' })
  #kafka: RealKafka | undefined
  #ports!: readonly number[]

  async start (properties: Record<string, string> = {}): Promise<this> {
    await this.issuer.start()
    writeFileSync(this.passwordFile, `${PASSWORD}\n`)
    writeFileSync(this.clientSecretFile, this.issuer.secret)
    for (const secret of [PASSWORD, this.issuer.secret]) keepSecret(secret)
    this.#ports = await freePorts(3)
    const broker = this.authority.issue('broker', { subject: '/CN=broker' })
    this.#kafka = await startKafka({
      format: ['512', '256'].flatMap((bits) => ['--add-scram', `SCRAM-SHA-${bits}=[name=${USER},password=${PASSWORD}]`]),
      jvm: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${this.issuer.jwksUrl}`],
      properties: (standing) => ({ ...this.#properties(standing, broker.storeFile), ...properties })
    })
    return this
  }

  #properties (standing: Record<string, string>, storeFile: string): Record<string, string> {
    const [sasl, oauth, mtls] = this.#ports
    const more = `SASL://localhost:${sasl},OAUTH://localhost:${oauth},MTLS://localhost:${mtls}`
    const jaas = (name: string, module: string, options = ''): Record<string, string> =>
      ({ [`listener.name.${name}.sasl.jaas.config`]: `org.apache.kafka.common.security.${module} required${options};` })
    return {
      listeners: `${standing.listeners},${more}`,
      'advertised.listeners': `${standing['advertised.listeners']},${more}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,OAUTH:SASL_SSL,MTLS:SSL',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': storeFile,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': this.caFile,
      'listener.name.mtls.ssl.client.auth': 'required',
      'listener.name.sasl.sasl.enabled.mechanisms': 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN',
      ...jaas('sasl.scram-sha-512', 'scram.ScramLoginModule'),
      ...jaas('sasl.scram-sha-256', 'scram.ScramLoginModule'),
      ...jaas('sasl.plain', 'plain.PlainLoginModule', ` user_${USER}="${PASSWORD}"`),
      'listener.name.oauth.sasl.enabled.mechanisms': 'OAUTHBEARER',
      ...jaas('oauth.oauthbearer', 'oauthbearer.OAuthBearerLoginModule'),
      'listener.name.oauth.oauthbearer.sasl.server.callback.handler.class': 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
      'listener.name.oauth.oauthbearer.sasl.oauthbearer.jwks.endpoint.url': this.issuer.jwksUrl,
      'listener.name.oauth.oauthbearer.sasl.oauthbearer.expected.audience': AUDIENCE,
      'listener.name.oauth.oauthbearer.sasl.oauthbearer.expected.issuer': this.issuer.url,
      'connections.max.reauth.ms': String(REAUTH_MS)
    }
  }

  /** Where administrators come, and nobody asks who they are. */
  get admin (): string { return (this.#kafka as RealKafka).bootstrap }

  /** The settings of a gateway that comes so. */
  settings (kind: Kind): KafkaSettings & { brokers: readonly string[] } {
    const [sasl, oauth, mtls] = this.#ports
    const tls = { enabled: true, caFile: this.caFile }
    const byPassword = { username: USER, passwordFile: this.passwordFile }
    switch (kind) {
      case 'scram': return { brokers: [`localhost:${sasl}`], tls, sasl: { mechanism: 'scram-sha-512', ...byPassword } }
      case 'plain': return { brokers: [`localhost:${sasl}`], tls, sasl: { mechanism: 'plain', ...byPassword } }
      case 'oauthbearer': return {
        brokers: [`localhost:${oauth}`], tls, sasl: { mechanism: 'oauthbearer', tokenUrl: this.issuer.tokenUrl, clientId: 'sluice-client', clientSecretFile: this.clientSecretFile, scope: 'kafka' }
      }
      case 'mtls': return { brokers: [`localhost:${mtls}`], tls: { ...tls, certFile: this.client.certFile, keyFile: this.client.keyFile } }
    }
  }

  principal (kind: Kind): string { return kind === 'mtls' ? 'User:CN=sluice,O=Sluice\\, Inc.' : `User:${USER}` }

  /** The broker shows this certificate to whoever connects from now on. */
  async showCertificate (storeFile: string): Promise<void> {
    await this.#configure(['--entity-type', 'brokers', '--entity-name', '1', '--alter', '--add-config',
      ['sasl', 'oauth', 'mtls'].map((name) => `listener.name.${name}.ssl.keystore.location=${storeFile}`).join(',')])
    const { fingerprint256 } = new X509Certificate(readFileSync(storeFile))
    while (await this.#shown() !== fingerprint256); // the broker takes it up a moment after it has said so
  }

  async #shown (): Promise<string> {
    const socket = connect({ host: 'localhost', port: this.#ports[0] as number, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }

  /** From now on the broker takes another password of the user. */
  async changePassword (password: string): Promise<void> {
    keepSecret(password)
    await this.#configure(['--entity-type', 'users', '--entity-name', USER, '--alter', '--add-config', `SCRAM-SHA-512=[password=${password}]`])
  }

  async #configure (args: string[]): Promise<void> { await this.tool('kafka.admin.ConfigCommand', ['--bootstrap-server', this.admin, ...args]) }

  /** One of Kafka's own command-line tools; resolves to what it printed. */
  async tool (mainClass: string, args: readonly string[]): Promise<string> {
    const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m', '-cp', ensureKafka() as string, mainClass, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    const [code] = await once(child, 'close') as [number | null]
    const said = Buffer.concat(chunks).toString()
    if (code !== 0) throw new Error(`${mainClass} ${args.join(' ')} failed: ${said}`)
    return said
  }

  async restart (): Promise<void> { await this.#kafka?.restart(0) }

  async stop (): Promise<void> {
    await this.#kafka?.stop()
    await this.issuer.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A command that `sluice acl` printed, as what it grants. */
export function entryOf (command: string): { principal: string, operation: Operation, topic: string } {
  const [, bare, quoted, name, topic] = /^kafka-acls --bootstrap-server \S+ --add --allow-principal (?:'(.+)'|(\S+)) --operation (\w+) --topic (\S+)$/.exec(command) ?? []
  const operation = Object.entries(OPERATIONS).find(([, written]) => written === name)?.[0]
  if (operation === undefined) throw new Error(`no such command: ${command}`)
  return { principal: (bare ?? quoted) as string, operation: operation as Operation, topic: topic as string }
}

const acl = (principal: string, { operation, topic }: Pick<Need, 'operation' | 'topic'>): AclEntry => ({
  principal,
  host: '*',
  operation: kafkajs.AclOperationTypes[operation],
  permissionType: kafkajs.AclPermissionTypes.ALLOW,
  resourceType: kafkajs.AclResourceTypes.TOPIC,
  resourceName: topic,
  resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL
})

/** Grants these and no others. Kafka's tool for it takes more than a second for each. */
export async function allow (admin: string, principal: string, needs: ReadonlyArray<Pick<Need, 'operation' | 'topic'>>): Promise<void> {
  const entries = needs.map((need) => acl(principal, need))
  await withAdmin(admin, async (one) => {
    await one.createAcls({ acl: entries })
    // The controller has them; the broker that asks for rights may have them a moment later.
    for (const entry of entries.slice(-1)) while ((await one.describeAcls(entry)).resources.length === 0) await delay(20)
  })
}

export async function forbid (admin: string, principal: string, need: Pick<Need, 'operation' | 'topic'>): Promise<void> {
  await withAdmin(admin, (one) => one.deleteAcls({ filters: [acl(principal, need)] }))
}

async function withAdmin<T> (brokers: string, use: (admin: ReturnType<kafkajs.Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), retry: { initialRetryTime: 50, retries: 8 }, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
