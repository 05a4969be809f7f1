import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Credentials, type CredentialSettings } from '../../src/log/kafka/credentials.ts'
import { Authority } from '../kafka/certificates.ts'
import { Issuer } from '../kafka/issuer.ts'
import { HeldClock } from '../session/given.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-credentials-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const authority = new Authority(folder)
const mine = authority.issue('mine', { subject: '/C=DE/O=Sluice, "Inc."/CN=sluice' })
const other = authority.issue('other', { subject: '/CN=other' })
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const NO_LOGIN = { mechanism: 'none' } as const
const NO_TLS = { enabled: false } as const
const clock = new HeldClock()
const of = (settings: Partial<CredentialSettings>, warn: (sentence: string) => void = () => {}): Credentials =>
  new Credentials({ tls: NO_TLS, sasl: NO_LOGIN, requestTimeoutMs: 2_000, ...settings }, clock, warn)

await t.test('every file that is of no use is told', async t => {
  const missing = join(folder, 'missing')
  const said = (settings: Partial<CredentialSettings>): string[] => of(settings).mistakes.map((one) => one.replaceAll(folder, ''))
  t.strictSame(said({ tls: { enabled: true, caFile: missing, certFile: file('text', 'text'), keyFile: file('no-key', 'text') }, sasl: { mechanism: 'plain', username: 'u', passwordFile: file('empty', '\n') } }), [
    'kafka.tls.caFile names "/missing", which cannot be read: ENOENT: no such file or directory',
    'kafka.tls.certFile names "/text", which holds no certificate in PEM',
    'kafka.tls.keyFile names "/no-key", which holds no private key in PEM',
    'kafka.sasl.passwordFile names "/empty", which is empty'
  ])
  const broken = file('broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')
  const locked = file('locked', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh\n-----END ENCRYPTED PRIVATE KEY-----')
  t.match(said({ tls: { enabled: true, caFile: broken, keyFile: locked } }), [/holds a certificate that cannot be read/, /locked", which (?:is locked|holds no private key)/])
  t.strictSame(said({ tls: { enabled: true, certFile: mine.certFile, keyFile: other.keyFile } }), ['kafka.tls.keyFile does not hold the key of the certificate in kafka.tls.certFile'])
  t.strictSame(said({ sasl: { mechanism: 'oauthbearer', tokenUrl: 'https://a.example', clientId: 'c', clientSecretFile: missing } }),
    ['kafka.sasl.clientSecretFile names "/missing", which cannot be read: ENOENT: no such file or directory'])
})

await t.test('who we are, as Kafka calls it', async t => {
  t.equal(of({}).principal, 'User:ANONYMOUS')
  t.equal(of({ tls: { enabled: true } }).principal, 'User:ANONYMOUS')
  t.equal(of({ tls: { enabled: true, certFile: mine.certFile, keyFile: mine.keyFile } }).principal, 'User:CN=sluice,O=Sluice\\, \\"Inc.\\",C=DE')
  t.equal(of({ sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } }).principal, 'User:u')
})

await t.test('what can be read on its way is told', async t => {
  t.ok(of({ sasl: { mechanism: 'plain', username: 'u', password: 'p' } }).isExposed)
  t.notOk(of({ sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'p' } }).isExposed)
  t.notOk(of({ tls: { enabled: true }, sasl: { mechanism: 'plain', username: 'u', password: 'p' } }).isExposed)
  t.notOk(of({}).isExposed)
})

await t.test('files are read again, and what is not right yet is left out', async t => {
  const warnings: string[] = []
  const passwordFile = file('password', 'one\n')
  const one = of({ sasl: { mechanism: 'plain', username: 'u', passwordFile } }, (sentence) => warnings.push(sentence))
  const password = async () => await one.sasl?.login()
  t.strictSame(await password(), { username: 'u', password: 'one' })
  file('password', '')
  t.strictSame(await password(), { username: 'u', password: 'one' })
  t.strictSame(await password(), { username: 'u', password: 'one' })
  t.match(warnings.splice(0), [/^kafka\.sasl\.passwordFile names .* is empty; what it held before is still used\.$/])
  file('password', ' two ')
  t.strictSame(await password(), { username: 'u', password: ' two ' })
  t.strictSame(warnings, [])

  const { certFile, keyFile } = authority.issue('changing', { subject: '/CN=one' })
  const tls = of({ tls: { enabled: true, caFile: authority.caFile, certFile, keyFile } }, (sentence) => warnings.push(sentence)).tls
  const first = tls?.context
  t.equal(tls?.context, first, 'nothing is made anew that has not changed')
  authority.issue('next', { subject: '/CN=two' })
  const { certFile: nextCert, keyFile: nextKey } = authority.issue('next', { subject: '/CN=two' })
  const { readFileSync } = await import('node:fs')
  writeFileSync(certFile, readFileSync(nextCert))
  t.equal(tls?.context, first)
  t.equal(tls?.context, first)
  t.match(warnings.splice(0), [/^kafka\.tls\.keyFile does not hold the key .*; what they held before is still used\.$/])
  writeFileSync(keyFile, readFileSync(nextKey))
  t.not(tls?.context, first)
  t.equal(tls?.subject, 'CN=two')
})

await t.test('tokens', async t => {
  const issuer = new Issuer()
  await issuer.start()
  t.teardown(() => issuer.stop())
  const clientSecretFile = file('secret', issuer.secret)
  const it = of({ sasl: { mechanism: 'oauthbearer', tokenUrl: issuer.tokenUrl, clientId: 'sluice-client', clientSecretFile, scope: 'kafka' } })
  const login = async (): Promise<string> => (await it.sasl?.login() as { token: string }).token
  t.equal(it.principal, 'User:sluice-client', 'until the first token says otherwise')
  const [first, same] = await Promise.all([login(), login()])
  t.equal(first, same)
  t.equal(issuer.given, 1, 'who asks at once shares one')
  t.equal(it.principal, 'User:sluice')
  clock.advance(issuer.lifeS * 1000 * 0.79)
  t.equal(await login(), first)
  clock.advance(issuer.lifeS * 1000 * 0.02)
  await login()
  t.equal(issuer.given, 2)

  clock.advance(issuer.lifeS * 1000)
  issuer.failWith = 503
  await t.rejects(login(), { name: 'NoToken', message: /\/token answers 503$/ })
  issuer.failWith = undefined
  await t.rejects(login(), { name: 'NoToken' }, 'it is not asked again at once')
  clock.advance(500)
  await login()
  clock.advance(issuer.lifeS * 1000)
  issuer.secret = 'another'
  await t.rejects(login(), { name: 'LoginRefused', message: /gives no token to client sluice-client \(401, invalid_client: bad secret\)\. Check/ })
  clock.advance(500)
  issuer.failWith = 400
  await t.rejects(login(), { name: 'LoginRefused', message: /\(400\)\. Check/ })
  issuer.failWith = undefined
  issuer.secret = 'issued'

  clock.advance(500)
  issuer.extraBytes = 100_000
  await t.rejects(login(), { name: 'NoToken', message: /\/token gives no token: its answer is longer than 65536 bytes$/ })
  issuer.extraBytes = 0
  await issuer.stop()
  clock.advance(500)
  await t.rejects(login(), { name: 'NoToken', message: /\/token gives no token: (?:ECONNREFUSED|UND_ERR_SOCKET|ECONNRESET)$/ })
})

await t.test('how long a token lives, where its issuer does not say', async t => {
  const issuer = new Issuer()
  await issuer.start()
  t.teardown(() => issuer.stop())
  const clock = new HeldClock()
  issuer.tellsLife = false
  const sasl = { mechanism: 'oauthbearer', tokenUrl: issuer.tokenUrl, clientId: 'sluice-client', clientSecretFile: file('secret-2', issuer.secret) } as const
  const it = new Credentials({ tls: NO_TLS, sasl, requestTimeoutMs: 2_000 }, clock, () => {})
  const login = async (): Promise<string> => (await it.sasl?.login() as { token: string }).token
  issuer.lifeS = Math.floor((clock.now() - Date.now()) / 1_000) + 1_000 // a thousand seconds from what the clock here says
  const first = await login()
  clock.advance(700_000)
  t.equal(await login(), first, 'the token says it itself')
  issuer.isOpaque = true
  clock.advance(200_000)
  t.equal(await login(), 'opaque-2')
  t.equal(it.principal, 'User:sluice-client', 'it says nothing about us either')
  clock.advance(230_000)
  t.equal(await login(), 'opaque-2')
  clock.advance(20_000)
  t.equal(await login(), 'opaque-3', 'five minutes are taken for its life')
})
