import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { DevKafka } from '../../src/devkafka/broker.ts'
import { Credentials, type SaslSettings } from '../../src/log/kafka/credentials.ts'
import { Authority } from '../kafka/certificates.ts'
import { Door } from './door.ts'
import { kafkaLog } from './given.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-doors-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const authority = new Authority(folder)
const stranger = new Authority(folder, 'stranger')
const dev = new DevKafka({ port: 0 })
const inside = await dev.listen()
const door = new Door(inside, authority.issue('broker', { subject: '/CN=broker' }), (bytes) => bytes === '\0me\0right')
const outside = `127.0.0.1:${await door.open()}`
t.teardown(async () => {
  door.close()
  await dev.close()
})

/** What a start that fails says. */
async function opened (brokers: string, caFile?: string, sasl: SaslSettings = { mechanism: 'none' }): Promise<string> {
  const tls = caFile === undefined ? { enabled: false } as const : { enabled: true, caFile } as const
  const security = new Credentials({ tls, sasl, requestTimeoutMs: 2_000 }, systemClock, () => {})
  const log = kafkaLog(brokers, { topics: ['uplink'], createTopics: true, connectTimeoutMs: 500, security })
  try {
    await log.open()
    return 'it opened'
  } catch (error) {
    const { code, message } = error as { code: string, message: string }
    return `${code}: ${message}`
  } finally {
    await log.close()
  }
}

await t.test('a wrong password, and a certificate that is not trusted, are told at once', async (t) => {
  t.match(await opened(outside, authority.caFile, { mechanism: 'plain', username: 'me', password: 'wrong' }), /^not-authorized: Kafka refuses the login of User:me by PLAIN: no such user\. Check the settings under kafka\.sasl/)
  t.match(await opened(outside, stranger.caFile, { mechanism: 'plain', username: 'me', password: 'right' }), /^not-authorized: No connection to Kafka: the broker's certificate is of an authority that is not trusted here\./)
})

await t.test('who speaks the wrong protocol is told what it may be', async (t) => {
  t.match(await opened(outside), /^unreachable: No Kafka answers at 127\.0\.0\.1:\d+: .*\. If something listens there, does it want TLS, or none \(kafka\.tls\.enabled\), or a login/)
})

await t.test('an issuer of tokens that does not answer is waited for, and then told', async (t) => {
  const clientSecretFile = join(folder, 'secret')
  writeFileSync(clientSecretFile, 'secret')
  t.match(await opened(outside, authority.caFile, { mechanism: 'oauthbearer', tokenUrl: 'http://127.0.0.1:1/token', clientId: 'c', clientSecretFile }), /^unreachable: No login to Kafka: http:\/\/127\.0\.0\.1:1\/token gives no token: /)
})
