import t from 'tap'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { consoleConsume, consoleProduce, transactionalProducer } from './java.ts'
import { ensureKafka, startKafka } from './real.ts'

// Needs Java: belongs to the run against a real Kafka.
await t.test('a real Kafka', { skip: ensureKafka() === undefined && 'Java or Maven is missing' }, async (t) => {
  const kafka = await startKafka()
  t.teardown(() => kafka.stop())

  await t.test('knows no topic before it is created', async (t) => {
    await withAdmin(kafka.bootstrap, async (admin) => {
      t.same((await admin.listTopics()).filter((name) => !name.startsWith('__')), [])
      await t.rejects(admin.fetchTopicMetadata({ topics: ['nowhere'] }))
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'devices', numPartitions: 1, replicationFactor: -1 }] })
    })
  })

  await t.test('the console tools write in every compression and read it back', async (t) => {
    const records = ['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((name) => ({ key: 'd1', value: `by ${name}`, headers: { event: name } }))
    for (const [i, compression] of (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).entries()) {
      await consoleProduce(kafka.bootstrap, 'devices', [records[i]!], compression)
    }
    t.same(await consoleConsume(kafka.bootstrap, 'devices', 5), records)
  })

  await t.test('records survive a kill and a restart', async (t) => {
    await kafka.kill(0)
    await t.rejects(withAdmin(kafka.bootstrap, (admin) => admin.listTopics()))
    await kafka.restart(0)
    t.equal((await consoleConsume(kafka.bootstrap, 'devices', 5)).length, 5)
  })

  await t.test('a transaction is committed, aborted or left open', async (t) => {
    const producer = await transactionalProducer(kafka.bootstrap, 'lz4')
    await producer.begin()
    await producer.send('devices', 'd2', 'aborted')
    await producer.abort()
    await producer.begin()
    await producer.send('devices', 'd2', 'committed')
    await producer.commit()
    const read = await consoleConsume(kafka.bootstrap, 'devices', 6)
    t.match(read.at(-1), { key: 'd2', value: 'committed' })
    await producer.begin()
    await producer.send('devices', 'd2', 'left open')
    await producer.flush()
    await producer.kill()
  })

  await t.test('says why it does not start', async (t) => {
    await t.rejects(startKafka({ properties: { 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' } }), /the end of its log:[^]*nonroutable/)
  })
})

async function withAdmin<T> (brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new kafkajs.Kafka({ brokers: [brokers], retry: { retries: 2 }, logLevel: kafkajs.logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
