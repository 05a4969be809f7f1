import t, { type Test } from 'tap'
import { acl } from '../../src/commands/acl.ts'
import type { Operation } from '../../src/log/kafka/denials.ts'
import { bearer, believing, OPERATOR } from '../flow/callers.ts'
import { gatewayOn, type GatewayOptions, type TestGateway } from '../flow/gateway.ts'
import { write } from '../flow/kafka.ts'
import { ensureKafka } from '../kafka/real.ts'
import { allow, forbid, SecuredKafka } from '../kafka/secured.ts'
import { becomes } from '../log/faulty.ts'
import { allowed, ownTopics, Said, settingsOf } from './given.ts'

await t.test('one right after the other', { skip: ensureKafka() === undefined && 'Java or Maven is missing' }, async t => {
  const kafka = await new SecuredKafka().start()
  t.teardown(() => kafka.stop())
  const principal = kafka.principal('scram')

  /** A gateway that has all that `sluice acl` prints, and a way to take one of that away, and to give it back. */
  async function started (t: Test, options: Pick<GatewayOptions, 'authenticate'> = {}) {
    const topics = ownTopics()
    const said = new Said()
    const settings = settingsOf(kafka, 'scram', {}, topics)
    await allowed(kafka, 'scram', settings)
    const gateway = await gatewayOn(t, kafka.admin, topics, { settings: { kafka: settings.kafka }, logger: said.logger, ...options })
    const need = (role: keyof typeof topics, operation: Operation) => ({ topic: topics[role], operation })
    return {
      topics,
      said,
      gateway,
      forbid: (role: keyof typeof topics, operation: Operation) => forbid(kafka.admin, principal, need(role, operation)),
      allow: (role: keyof typeof topics, operation: Operation) => allow(kafka.admin, principal, [need(role, operation)]),
      toDevice: (id: string, value: unknown) => write(kafka.admin, topics.downlink, [{ key: id, value: JSON.stringify(value) }])
    }
  }

  await t.test('kafka-acls takes what is printed, and it is enough', async t => {
    const topics = ownTopics()
    const settings = settingsOf(kafka, 'scram', {}, topics)
    const commands = acl(settings).split('\n').filter((line) => !line.startsWith('#'))
    for (const command of commands) {
      const args = command.split(' ').slice(1).map((word) => word === settings.kafka.brokers.join(',') ? kafka.admin : word)
      await kafka.tool('org.apache.kafka.tools.AclCommand', args)
    }
    const gateway = await gatewayOn(t, kafka.admin, topics, { settings: { kafka: settings.kafka } })
    const device = await gateway.device('d1', { query: '?resume=main' })
    await device.nextOf('live')
    await device.stored(1, 'up')
    await write(kafka.admin, topics.downlink, [{ key: 'd1', value: '"down"' }])
    t.match(await device.next(), { type: 'message', data: 'down' })
  })

  await t.test('WRITE on the uplink', async t => {
    const it = await started(t)
    const device = await it.gateway.device('d1', { query: '?resume=main' })
    await device.nextOf('live')
    await device.stored(1, 'before')
    await it.forbid('uplink', 'WRITE')
    device.publish(2, { data: 'refused' })
    const refused = await device.nextOf('refused')
    t.match(refused, { id: 2, code: 'not-authorized', temporary: false, outcome: 'not-stored' })
    t.notMatch(String(refused.message), /User:/, 'a device hears nothing of who the gateway is')
    t.equal(await it.said.until(/lacks/), `Kafka does not let this gateway go on: principal User:sluice lacks WRITE on topic ${it.topics.uplink}. ` +
      `Run: kafka-acls --bootstrap-server … --add --allow-principal User:sluice --operation Write --topic ${it.topics.uplink}`)
    t.match(await ready(it.gateway), { status: 'stalled', reasons: [`${it.topics.uplink} is not written: Kafka does not allow it`] }, 'without who the gateway is')
    await it.toDevice('d1', 'down')
    t.match(await device.next(), { type: 'message', data: 'down' }, 'the rest goes on')
    await it.allow('uplink', 'WRITE')
    await device.stored(3, 'after')
    t.match(await it.said.until(/has WRITE/), /^Kafka lets this gateway go on/)
    t.strictSame(await ready(it.gateway), { status: 'ready', reasons: [] })
    t.equal(it.said.lines.length, 2, 'and nothing else was said')
  })

  await t.test('READ on the uplink', async t => {
    const it = await started(t)
    const device = await it.gateway.device('d1')
    const page = await it.gateway.device('page')
    page.send('{"type":"watch","device":"d1"}')
    await page.nextOf('watching')
    await device.stored(1, 'seen')
    t.match(await page.next(), { data: 'seen' })
    await it.forbid('uplink', 'READ')
    t.match(await it.said.until(/lacks/), new RegExp(`lacks READ on topic ${it.topics.uplink}\\. Run: kafka-acls`))
    await device.stored(2, 'not seen yet')
    await it.toDevice('d1', 'down')
    t.match(await device.next(), { type: 'message', data: 'down' })
    t.match(await ready(it.gateway), { status: 'stalled', reasons: [new RegExp(`^${it.topics.uplink}/\\d is not read: Kafka does not allow it$`)] })
    await it.allow('uplink', 'READ')
    t.match(await page.next(), { data: 'not seen yet' })
    t.match(await it.said.until(/has READ/), /go on/)
    t.strictSame(await ready(it.gateway), { status: 'ready', reasons: [] })
  })

  await t.test('READ on the downlink', async t => {
    const it = await started(t)
    const device = await it.gateway.device('d1', { query: '?resume=main' })
    await device.nextOf('live')
    await it.forbid('downlink', 'READ')
    t.match(await it.said.until(/lacks/), new RegExp(`lacks READ on topic ${it.topics.downlink}\\. Run: kafka-acls`))
    const stalled = await device.nextOf('stalled')
    t.notMatch(JSON.stringify(stalled), /User:/)
    await it.toDevice('d1', 'late')
    await device.stored(1, 'up')
    await it.allow('downlink', 'READ')
    const after = await device.take(2)
    t.ok(after.some(({ data }) => data === 'late'), 'nothing was lost')
    t.ok(after.some(({ type }) => type === 'live'))
    t.strictSame(await ready(it.gateway), { status: 'ready', reasons: [] })
  })

  await t.test('WRITE on the downlink', async t => {
    const it = await started(t)
    const device = await it.gateway.device('d1')
    await it.forbid('downlink', 'WRITE')
    t.equal(await post(it.gateway), 502)
    t.match(await it.said.until(/lacks/), new RegExp(`lacks WRITE on topic ${it.topics.downlink}\\. Run: kafka-acls`))
    await device.stored(1, 'up')
    await it.toDevice('d1', 'down')
    t.match(await device.next(), { data: 'down' })
    await it.allow('downlink', 'WRITE')
    t.equal(await post(it.gateway), 201)
    t.match(await device.next(), { data: 'by http' })
  })

  for (const operation of ['READ', 'WRITE'] as const) {
    await t.test(`${operation} on the positions`, async t => {
      const it = await started(t)
      const device = await it.gateway.device('d1')
      await it.forbid('positions', operation)
      const late = await it.gateway.device('d2', { query: '?resume=main' })
      t.match(await it.said.until(/lacks/), new RegExp(`lacks ${operation} on topic ${it.topics.positions}\\. Run: kafka-acls`))
      await device.stored(1, 'up')
      await it.toDevice('d1', 'down')
      t.match(await device.next(), { data: 'down' })
      await it.allow('positions', operation)
      await late.nextOf('live')
      await it.said.until(new RegExp(`has ${operation}`))
    })
  }

  await t.test('READ on the revocations', async t => {
    const it = await started(t, { authenticate: believing })
    const device = await it.gateway.device('d1')
    t.equal(await revoke(it.gateway, 'd2'), 201)
    await becomes(() => it.gateway.app.gateway.revocations.size === 1)
    await it.forbid('revocations', 'READ')
    t.match(await it.said.until(/lacks/), new RegExp(`lacks READ on topic ${it.topics.revocations}\\. Run: kafka-acls`))
    t.equal(await revoke(it.gateway, 'd1'), 201, 'it is written down')
    await device.stored(1, 'and not known yet')
    t.equal((await fetch(`${it.gateway.origin}/ws/d2`)).status, 401, 'what was known stays in force')
    await it.allow('revocations', 'READ')
    t.match(await device.ended, { code: 4509 })
    t.match(await it.said.until(/has READ/), /go on/)
  })

  await t.test('WRITE on the revocations', async t => {
    const it = await started(t, { authenticate: believing })
    const device = await it.gateway.device('d1')
    await it.forbid('revocations', 'WRITE')
    t.equal(await revoke(it.gateway, 'd1'), 502)
    t.match(await it.said.until(/lacks/), new RegExp(`lacks WRITE on topic ${it.topics.revocations}\\. Run: kafka-acls`))
    await device.stored(1, 'the rest goes on')
    await it.allow('revocations', 'WRITE')
    t.equal(await revoke(it.gateway, 'd1'), 201)
    t.match(await device.ended, { code: 4509 })
  })

  await t.test('DESCRIBE_CONFIGS, at the start', async t => {
    const it = await started(t)
    await it.forbid('downlink', 'DESCRIBE_CONFIGS')
    const said = new Said()
    await gatewayOn(t, kafka.admin, it.topics, { settings: { kafka: settingsOf(kafka, 'scram', {}, it.topics).kafka }, logger: said.logger })
    t.strictSame(said.lines, [`Principal User:sluice lacks DESCRIBE_CONFIGS on topic ${it.topics.downlink}, which is for this: the start sees a wrong cleanup.policy, and max.message.bytes. The rest works. ` +
      `Run: kafka-acls --bootstrap-server … --add --allow-principal User:sluice --operation DescribeConfigs --topic ${it.topics.downlink}`])
  })
})

async function revoke (gateway: TestGateway, device: string): Promise<number> {
  const { status } = await fetch(`${gateway.origin}/v1/revocations`, { method: 'POST', headers: { 'content-type': 'application/json', ...bearer(OPERATOR) }, body: JSON.stringify({ device }) })
  return status
}

async function ready (gateway: TestGateway): Promise<unknown> { return await (await fetch(`${gateway.origin}/readyz`)).json() }

async function post (gateway: TestGateway): Promise<number> {
  const { status } = await fetch(`${gateway.origin}/v1/devices/d1/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":"by http"}' })
  return status
}
