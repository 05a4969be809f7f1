import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { gatewayOn } from '../flow/gateway.ts'
import { Authority } from '../kafka/certificates.ts'
import { ensureKafka } from '../kafka/real.ts'
import { SecuredKafka, type Kind } from '../kafka/secured.ts'
import { allowed, ownTopics, Said, settingsOf } from './given.ts'
import { Traffic, upTo } from './traffic.ts'

await t.test('what is shown to Kafka, and what it shows, is changed under load', { skip: ensureKafka() === undefined && 'Java or Maven is missing' }, async t => {
  const kafka = await new SecuredKafka().start()
  t.teardown(() => kafka.stop())

  async function flowing (t: Test, kind: Kind) {
    const said = new Said()
    const topics = ownTopics()
    const settings = settingsOf(kafka, kind, {}, topics)
    await allowed(kafka, kind, settings)
    const gateway = await gatewayOn(t, kafka.admin, topics, { settings: { kafka: settings.kafka, uplink: { holdMs: 120_000 } }, logger: said.logger })
    const traffic = await new Traffic(gateway, kafka.admin).start()
    await traffic.goesOn()
    return { said, traffic }
  }

  async function nothingIsLost (t: Test, traffic: Traffic): Promise<void> {
    const { sent, stored, written } = await traffic.stop()
    t.strictSame(stored, upTo(sent), `each of ${sent} publishes stands in the uplink, once and in order`)
    t.strictSame(traffic.received, upTo(written), `each of ${written} records came down, once and in order`)
    t.strictSame(traffic.refusals, [])
  }

  await t.test('the password', async t => {
    const { said, traffic } = await flowing(t, 'scram')
    await kafka.changePassword('the second secret')
    t.match(await said.until(/refuses/), /^Kafka refuses the login of User:sluice by SCRAM SHA512/, 'the next renewal of a login hears of it')
    writeFileSync(kafka.passwordFile, 'the second secret\n')
    await said.until(/^Kafka lets this gateway in again\.$/)
    await nothingIsLost(t, traffic)
    t.equal(said.lines.length, 2)
  })

  await t.test('the password, first in the file', async t => {
    const { said, traffic } = await flowing(t, 'scram')
    writeFileSync(kafka.passwordFile, '') // as an editor does
    t.match(await said.until(/passwordFile/), /is empty; what it held before is still used\.$/)
    writeFileSync(kafka.passwordFile, 'the third secret')
    await kafka.changePassword('the third secret')
    await traffic.goesOn()
    await nothingIsLost(t, traffic)
  })

  await t.test('the broker\'s certificate, and its authority', async t => {
    const { traffic } = await flowing(t, 'scram')
    const next = new Authority(kafka.folder, 'next')
    const certificate = next.issue('next-broker', { subject: '/CN=broker' })
    const former = readFileSync(kafka.caFile, 'utf8')
    writeFileSync(kafka.caFile, former + readFileSync(next.caFile, 'utf8'))
    await kafka.showCertificate(certificate.storeFile)
    await traffic.while(() => kafka.restart()) // all connect anew, and see it
    await traffic.goesOn()
    await nothingIsLost(t, traffic)
  })

  await t.test('the client\'s certificate', async t => {
    const { said, traffic } = await flowing(t, 'mtls')
    const next = kafka.authority.issue('next-client', { subject: '/O=Sluice, Inc./CN=sluice' })
    copyFileSync(next.certFile, kafka.client.certFile)
    await traffic.while(() => kafka.restart())
    t.match(await said.until(/keyFile/), /^kafka\.tls\.keyFile does not hold the key of the certificate in kafka\.tls\.certFile; what they held before is still used\.$/)
    copyFileSync(next.keyFile, kafka.client.keyFile)
    await traffic.while(() => kafka.restart())
    await nothingIsLost(t, traffic)
  })

  await t.test('the token, again and again, and the client\'s secret', async t => {
    kafka.issuer.lifeS = 6
    const { said, traffic } = await flowing(t, 'oauthbearer')
    const given = kafka.issuer.given
    while (kafka.issuer.given < given + 2) await traffic.goesOn()
    kafka.issuer.failWith = 503
    t.match(await said.until(/login/), /^No login to Kafka: http:.*\/token answers 503\.$/, 'an issuer that is away is told when a token runs out')
    kafka.issuer.failWith = undefined
    await said.until(/in again/)
    kafka.issuer.secret = 'issued anew'
    writeFileSync(kafka.clientSecretFile, 'issued anew\n')
    const before = kafka.issuer.given
    while (kafka.issuer.given < before + 2) await traffic.goesOn()
    await nothingIsLost(t, traffic)
  })
})
