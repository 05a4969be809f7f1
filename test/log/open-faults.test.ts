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
  ['CreateTopics', 'TOPIC_AUTHORIZATION_FAILED', /^not-authorized: Kafka does not let this gateway create the topics uplink\. Create them, or grant CREATE\.$/],
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
