import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Authority } from '../kafka/certificates.ts'
import { ensureKafka } from '../kafka/real.ts'
import { forbid, SecuredKafka, type Kind } from '../kafka/secured.ts'
import { allowed, ownTopics, settingsOf, startOf } from './given.ts'

const KINDS: readonly Kind[] = ['scram', 'plain', 'oauthbearer', 'mtls']

await t.test('a Kafka with TLS, logins and an authorizer', { skip: ensureKafka() === undefined && 'Java or Maven is missing' }, async t => {
  const kafka = await new SecuredKafka().start()
  t.teardown(() => kafka.stop())
  const file = (name: string, text: string): string => {
    const path = join(kafka.folder, name)
    writeFileSync(path, text)
    return path
  }

  for (const kind of KINDS) {
    await t.test(`${kind} is let in, with the ACLs that are printed`, async t => {
      const settings = settingsOf(kafka, kind)
      await allowed(kafka, kind, settings)
      t.equal(await startOf(t, settings), '')
    })
  }

  await t.test('scram-sha-256 is let in', async t => {
    const settings = settingsOf(kafka, 'scram', { sasl: { mechanism: 'scram-sha-256' } })
    await allowed(kafka, 'scram', settings)
    t.equal(await startOf(t, settings), '')
  })

  const stranger = new Authority(kafka.folder, 'stranger')
  const wrong = file('wrong', 'not the password')
  const others = stranger.issue('others', { subject: '/CN=sluice' })
  const refused: ReadonlyArray<[what: string, kind: Kind, overrides: Parameters<typeof settingsOf>[2], said: RegExp]> = [
    ['a wrong password by scram', 'scram', { sasl: { passwordFile: wrong } }, /^Kafka refuses the login of User:sluice by SCRAM SHA512: .*invalid credentials.*\. Check the settings under kafka\.sasl/],
    ['a wrong password by plain', 'plain', { sasl: { passwordFile: wrong } }, /^Kafka refuses the login of User:sluice by PLAIN: .*Invalid username or password\. Check/],
    ['an unknown user', 'scram', { sasl: { username: 'nobody' } }, /^Kafka refuses the login of User:nobody by SCRAM SHA512: /],
    ['a mechanism that is not offered', 'oauthbearer', { sasl: { mechanism: 'oauthbearer' }, brokers: kafka.settings('scram').brokers }, /^Kafka refuses the login: The broker does not support .* Set kafka\.sasl\.mechanism to one that this listener takes/],
    ['a client secret that the issuer does not know', 'oauthbearer', { sasl: { clientSecretFile: wrong } }, /^No login to Kafka: http:.*\/token gives no token to client sluice-client \(401, invalid_client: bad secret\)\. Check kafka\.sasl\.clientId, clientSecretFile and scope\.$/],
    ['an authority that did not issue the certificate', 'scram', { tls: { caFile: stranger.caFile } }, /^No connection to Kafka: the broker's certificate is of an authority that is not trusted here\. Set kafka\.tls\.caFile/],
    ['no authority', 'scram', { tls: { caFile: undefined as never } }, /^No connection to Kafka: the broker's certificate is of an authority that is not trusted here\. Set kafka\.tls\.caFile/],
    ['another name', 'scram', { tls: { serverName: 'kafka.example' } }, /^No connection to Kafka: the broker's certificate is not for kafka\.example but for DNS:localhost, IP Address:127\.0\.0\.1\. Set .*kafka\.tls\.serverName to one of them\.$/],
    ['no client certificate', 'mtls', { tls: { certFile: undefined as never, keyFile: undefined as never } }, /^No connection to Kafka: Kafka wants a certificate of the gateway that it trusts\. Set kafka\.tls\.certFile and kafka\.tls\.keyFile\.$/],
    ['a client certificate of a stranger', 'mtls', { tls: { certFile: others.certFile, keyFile: others.keyFile } }, /^No connection to Kafka: Kafka does not accept the certificate in kafka\.tls\.certFile\.$/],
    ['no TLS', 'scram', { tls: { enabled: false, caFile: undefined as never }, connectTimeoutMs: 500 }, /^No Kafka answers at localhost:\d+: .*\. If something listens there, does it want TLS, or none/],
    ['TLS where there is none', 'scram', { brokers: [kafka.admin], connectTimeoutMs: 500 }, /^No Kafka answers at 127.*\. If something listens there, does it want TLS, or none/],
    ['no login', 'scram', { sasl: { mechanism: 'none', username: undefined as never, passwordFile: undefined as never }, connectTimeoutMs: 500 }, /^No Kafka answers at localhost:\d+: .*or a login \(kafka\.sasl\.mechanism\)\?$/]
  ]
  for (const [what, kind, overrides, said] of refused) {
    await t.test(`${what} is told at once`, async t => {
      t.match(await startOf(t, settingsOf(kafka, kind, overrides)), said)
    })
  }

  await t.test('an expired certificate of the broker is told at once', async t => {
    const fresh = kafka.authority.issue('fresh', { subject: '/CN=broker' })
    await kafka.showCertificate(kafka.authority.issue('expired', { subject: '/CN=broker', days: -1 }).storeFile)
    t.match(await startOf(t, settingsOf(kafka, 'scram')), /^No connection to Kafka: the broker's certificate, or that of its authority, has expired\.$/)
    await kafka.showCertificate(fresh.storeFile)
  })

  await t.test('what is not allowed is named, all at once', async t => {
    const topics = ownTopics()
    const principal = kafka.principal('scram')
    const settings = settingsOf(kafka, 'scram', {}, topics)
    t.match(await startOf(t, settings), new RegExp(`^Principal User:sluice lacks WRITE on topic ${topics.uplink}; principal User:sluice lacks READ on topic ${topics.uplink}; .*` +
      `Run: kafka-acls --bootstrap-server … --add --allow-principal User:sluice --operation Write --topic ${topics.uplink}; `))
    await allowed(kafka, 'scram', settings)
    for (const topic of Object.values(topics)) await forbid(kafka.admin, principal, { operation: 'CREATE', topic })
    t.match(await startOf(t, settings), new RegExp(`^Kafka does not let this gateway create topics: principal User:sluice lacks CREATE on topic ${topics.uplink}; .*Create them, or run: kafka-acls .*--operation Create `))
    await allowed(kafka, 'scram', settings)
    t.equal(await startOf(t, settings), '')
    await forbid(kafka.admin, principal, { operation: 'WRITE', topic: topics.uplink })
    t.equal(await startOf(t, settings), `Principal User:sluice lacks WRITE on topic ${topics.uplink}. ` +
      `Run: kafka-acls --bootstrap-server … --add --allow-principal User:sluice --operation Write --topic ${topics.uplink}`)
  })
})
