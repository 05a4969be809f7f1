import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { DevKafka } from '../../src/devkafka/broker.ts'
import { Credentials, type SaslSettings } from '../../src/log/kafka/credentials.ts'
import { whyOut } from '../../src/log/kafka/errors.ts'
import { createCluster, type RawBroker } from '../../src/log/kafka/kafkajs.ts'
import { Authority } from '../kafka/certificates.ts'
import { Issuer } from '../kafka/issuer.ts'
import { Door } from './door.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-login-'))
const authority = new Authority(folder)
const certificate = authority.issue('broker', { subject: '/CN=broker' })
t.teardown(() => rmSync(folder, { recursive: true }))

async function doorOf (t: Test, right: (bytes: string) => boolean): Promise<{ door: Door, port: number }> {
  const dev = new DevKafka({ port: 0 })
  const door = new Door(await dev.listen(), certificate, right)
  t.teardown(async () => {
    door.close()
    await dev.close()
  })
  return { door, port: await door.open() }
}

/** A broker behind a door, as a cluster sees it. */
async function brokerAt (t: Test, port: number, sasl: SaslSettings, host = '127.0.0.1'): Promise<RawBroker & { connect: () => Promise<void> }> {
  const security = new Credentials({ tls: { enabled: true, caFile: authority.caFile }, sasl, requestTimeoutMs: 2_000 }, systemClock, (sentence) => t.fail(sentence))
  t.strictSame(security.mistakes, [])
  const { raw, cut } = createCluster({ brokers: [`${host}:${port}`], clientId: 'test', requestTimeoutMs: 2_000, security })
  t.teardown(cut)
  const connectionPool = await raw.brokerPool.connectionPoolBuilder.build({ host, port })
  return raw.brokerPool.createBroker({ connectionPool }) as never
}

const told = (error: unknown): never => { throw new Error(whyOut(error, 'User:me') || String(error)) }

await t.test('a password is shown by plain, and again when it has changed', async t => {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, 'one\n')
  let now = 'one'
  const { door, port } = await doorOf(t, (bytes) => bytes === `\0me\0${now}`)
  const broker = await brokerAt(t, port, { mechanism: 'plain', username: 'me', passwordFile }, 'localhost')
  await broker.connect()
  t.match(await broker.metadata([]), { clusterId: String })
  t.equal(door.logins, 1)

  now = 'two'
  const other = await brokerAt(t, port, { mechanism: 'plain', username: 'me', passwordFile })
  await t.rejects(other.connect().catch(told), { message: /^Kafka refuses the login of User:me by PLAIN: no such user\. Check/ })
  writeFileSync(passwordFile, 'two')
  const beganMs = performance.now()
  await other.connect().catch(() => other.connect()) // kafkajs may take the former connection's end for this one's
  t.ok(performance.now() - beganMs > 300, 'who is refused tries again no sooner than half a second later')
  t.match(await other.metadata([]), { clusterId: String })
})

await t.test('a login is renewed before its time is over', async t => {
  const { door, port } = await doorOf(t, () => true)
  door.lifeMs = 1_001 // no multiple of anything
  const broker = await brokerAt(t, port, { mechanism: 'plain', username: 'me', password: 'p' })
  await broker.connect()
  const beganMs = performance.now()
  while (door.logins < 3) await broker.metadata([])
  t.ok(performance.now() - beganMs > 1_500, 'and not each time that something is sent')
})

await t.test('a token is shown by oauthbearer', async t => {
  const issuer = new Issuer()
  await issuer.start()
  t.teardown(() => issuer.stop())
  const clientSecretFile = join(folder, 'secret')
  writeFileSync(clientSecretFile, issuer.secret)
  let isOpen = true
  const { port } = await doorOf(t, (bytes) => isOpen && bytes.startsWith('n,,\u0001auth=Bearer ey') && bytes.endsWith('\u0001\u0001'))
  const sasl = { mechanism: 'oauthbearer', tokenUrl: issuer.tokenUrl, clientId: 'sluice-client', clientSecretFile } as const
  const broker = await brokerAt(t, port, sasl)
  await broker.connect()
  t.match(await broker.metadata([]), { clusterId: String })
  isOpen = false
  const other = await brokerAt(t, port, sasl)
  await t.rejects(other.connect().catch(told), { message: /^Kafka refuses the login of User:me by OAUTHBEARER: \{"status":"invalid_token"\}\. Check/ })
})

await t.test('a broker that cannot be trusted is shown nothing', async t => {
  const { door, port } = await doorOf(t, () => true)
  const stranger = new Authority(folder, 'stranger')
  const security = new Credentials({ tls: { enabled: true, caFile: stranger.caFile, serverName: 'localhost' }, sasl: { mechanism: 'plain', username: 'me', password: 'p' }, requestTimeoutMs: 2_000 }, systemClock, () => {})
  const { raw, cut } = createCluster({ brokers: [], clientId: 'test', requestTimeoutMs: 2_000, security })
  t.teardown(cut)
  const pool = await raw.brokerPool.connectionPoolBuilder.build({ host: '127.0.0.1', port })
  await t.rejects(pool.getConnection().catch(told), { message: /^No connection to Kafka: the broker's certificate is of an authority/ })
  t.equal(door.logins, 0)
})
