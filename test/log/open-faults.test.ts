import t, { type Test } from 'tap'
import { DevKafka } from '../../src/devkafka/broker.ts'
import type { ApiName } from '../../src/devkafka/api-keys.ts'
import type { ErrorName } from '../../src/wire/errors.ts'
import { append, content, kafkaLog, Ledger } from './given.ts'

/** Opens a log on a broker that answers so. */
async function opened (t: Test, api: ApiName, error: ErrorName, times = 1) {
  const dev = new DevKafka({ port: 0 })
  const log = kafkaLog(await dev.listen(), { topics: ['uplink'], createTopics: true })
  t.teardown(async () => {
    await log.close()
    await dev.close()
  })
  dev.faults.push(api, ...Array.from({ length: times }, () => ({ error })))
  const outcome = await log.open().then(() => 'open', (error: Error & { code: string }) => `${error.code}: ${error.message}`)
  t.equal(dev.faults.pending, 0)
  return { dev, log, outcome }
}

const told: Array<[api: ApiName, error: ErrorName, outcome: RegExp]> = [
  ['CreateTopics', 'TOPIC_AUTHORIZATION_FAILED', /^not-authorized: Kafka does not let this gateway create topics: principal User:ANONYMOUS lacks CREATE on topic uplink\. Create them, or run: kafka-acls .* --operation Create --topic uplink$/],
  ['CreateTopics', 'INVALID_REPLICATION_FACTOR', /^failed: Kafka did not create the topics uplink: INVALID_REPLICATION_FACTOR\.$/],
  ['InitProducerId', 'CLUSTER_AUTHORIZATION_FAILED', /^not-authorized: Kafka does not let this gateway in: CLUSTER_AUTHORIZATION_FAILED\.$/]
]
for (const [api, error, expected] of told) {
  await t.test(`${api} that answers ${error} is told at once`, async t => {
    t.match((await opened(t, api, error)).outcome, expected)
  })
}

const mended: Array<[api: ApiName, error: ErrorName]> = [
  ['InitProducerId', 'COORDINATOR_LOAD_IN_PROGRESS'], ['DescribeConfigs', 'UNKNOWN_SERVER_ERROR'], ['DescribeConfigs', 'TOPIC_AUTHORIZATION_FAILED'],
  ['Metadata', 'LEADER_NOT_AVAILABLE']
]
for (const [api, error] of mended) {
  await t.test(`${api} that answers ${error} once does no harm`, async t => {
    const { log, outcome } = await opened(t, api, error)
    t.equal(outcome, 'open')
    const ledger = new Ledger()
    append(log.topic('uplink'), ledger, 1)
    await ledger.answered(1)
    t.strictSame(await content(log, 'uplink'), ['1'])
  })
}

await t.test('a topic that is said to be missing is asked for once more', async t => {
  const dev = new DevKafka({ port: 0 })
  const brokers = await dev.listen()
  const creating = kafkaLog(brokers, { topics: ['uplink'], createTopics: true })
  await creating.open()
  const log = kafkaLog(brokers, { topics: ['uplink'] })
  t.teardown(async () => {
    await Promise.all([log.close(), creating.close()])
    await dev.close()
  })
  dev.faults.push('Metadata', { error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await t.resolves(log.open())
  t.equal(dev.faults.pending, 0)
})

await t.test('a topic that has no leader yet is asked for again', async t => {
  const { outcome } = await opened(t, 'Metadata', 'LEADER_NOT_AVAILABLE', 6)
  t.equal(outcome, 'open')
})

await t.test('a topic that is not known for a moment is not one without partitions', async t => {
  const dev = new DevKafka({ port: 0 })
  const log = kafkaLog(await dev.listen(), { topics: ['uplink'], createTopics: true, partitions: 2 })
  t.teardown(async () => {
    await log.close()
    await dev.close()
  })
  await log.open()
  for (const ask of [() => log.ends('uplink'), () => log.starts('uplink'), () => log.offsetsAt('uplink', 0)]) {
    dev.faults.push('Fetch', { error: 'NOT_LEADER_OR_FOLLOWER' })
    dev.faults.push('Metadata', { error: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await t.rejects(log.fetch('uplink', 0, 0))
    t.equal(dev.faults.pending, 0)
    await t.rejects(ask(), /Kafka says nothing of the topic uplink/)
    t.strictSame(await ask(), [0, 0], 'the next answer knows it again')
  }
})

const WRITE = 1 << 4
const READ = 1 << 3

/** A log on topics that exist, whose broker says that these operations are not allowed; and what it was told. */
async function needing (t: Test, withheld: number, fault?: ErrorName) {
  const dev = new DevKafka({ port: 0 })
  const brokers = await dev.listen()
  dev.topics.create({ name: 'uplink' })
  const warnings: string[] = []
  const need = (operation: 'READ' | 'WRITE', essential: boolean) => ({ topic: 'uplink', operation, why: `it is ${operation}`, essential })
  const log = kafkaLog(brokers, { topics: ['uplink'], needs: [need('WRITE', true), need('READ', false)], warn: (sentence) => warnings.push(sentence) })
  t.teardown(async () => {
    await log.close()
    await dev.close()
  })
  if (fault === undefined) dev.faults.push('Metadata', ...Array.from({ length: 12 }, () => ({ withhold: withheld }))) // one of them asks what is allowed
  else dev.faults.push('Metadata', { error: fault })
  const outcome = await log.open().then(() => 'open', (error: Error & { code: string }) => `${error.code}: ${error.message}`)
  return { dev, log, outcome, warnings }
}

await t.test('what Kafka does not allow is told at the start', async t => {
  const command = (operation: string): string => `kafka-acls --bootstrap-server … --add --allow-principal User:ANONYMOUS --operation ${operation} --topic uplink`
  t.equal((await needing(t, WRITE)).outcome, `not-authorized: Principal User:ANONYMOUS lacks WRITE on topic uplink. Run: ${command('Write')}`)
  const both = 'principal User:ANONYMOUS lacks READ on topic uplink'
  t.equal((await needing(t, WRITE | READ)).outcome, `not-authorized: Principal User:ANONYMOUS lacks WRITE on topic uplink; ${both}. Run: ${command('Write')}; ${command('Read')}`)
  t.equal((await needing(t, 0, 'TOPIC_AUTHORIZATION_FAILED')).outcome, `not-authorized: Principal User:ANONYMOUS lacks WRITE on topic uplink; ${both}. Run: ${command('Write')}; ${command('Read')}`)
  const { outcome, warnings } = await needing(t, READ)
  t.equal(outcome, 'open')
  t.strictSame(warnings, [`Principal User:ANONYMOUS lacks READ on topic uplink, which is for this: it is READ. The rest works. Run: ${command('Read')}`])
})

await t.test('what Kafka does not allow any more is told once, and when it is allowed again', async t => {
  const { dev, log, warnings } = await needing(t, 0)
  const topic = log.topic('uplink')
  const ledger = new Ledger()
  dev.faults.push('Produce', { error: 'TOPIC_AUTHORIZATION_FAILED' }, { error: 'TOPIC_AUTHORIZATION_FAILED' })
  for (const id of [1, 2]) {
    append(topic, ledger, id)
    await ledger.answered(id)
  }
  t.strictSame(ledger.codes, [[1, 'not-authorized'], [2, 'not-authorized']])
  t.strictSame(log.health().stalls, [{ topic: 'uplink', partition: -1, reason: 'uplink is not written: Kafka does not allow it', isDenied: true }])
  append(topic, ledger, 3)
  await ledger.answered(3)
  t.strictSame(log.health().stalls, [])
  t.match(warnings, [/^Kafka does not let this gateway go on: principal User:ANONYMOUS lacks WRITE on topic uplink\. Run: kafka-acls/, /^Kafka lets this gateway go on: principal User:ANONYMOUS has WRITE on topic uplink\.$/])
  t.equal(warnings.length, 2)
  dev.faults.push('Produce', { error: 'CLUSTER_AUTHORIZATION_FAILED' })
  append(topic, ledger, 4)
  await ledger.answered(4)
  t.match(warnings[2], /lacks IDEMPOTENT_WRITE on the cluster\. Run: kafka-acls .* --operation IdempotentWrite --cluster$/)
  dev.faults.push('Fetch', { error: 'TOPIC_AUTHORIZATION_FAILED' })
  await t.rejects(log.fetch('uplink', 0, 0), { code: 'failed' })
  t.match(warnings[3], /lacks READ on topic uplink/)
  dev.faults.push('ListOffsets', { error: 'TOPIC_AUTHORIZATION_FAILED' })
  await t.rejects(log.ends('uplink'))
  t.match(warnings[4], /lacks DESCRIBE on topic uplink/)
  await log.fetch('uplink', 0, 0)
  t.match(warnings[5], /has READ on topic uplink/)
})
