import t from 'tap'
import type { ErrorName } from '../../src/wire/errors.ts'
import { kafkajsBatch, plain, remade } from '../wire/batches.ts'
import { produceBody, RawClient } from '../devkafka/raw.ts'
import { becomes, faulty, TOPIC } from './faulty.ts'
import { foreign } from './foreign.ts'
import { Collector, readRange, reasonsOf } from './given.ts'

const errors: ErrorName[] = ['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_STORAGE_ERROR', 'OFFSET_NOT_AVAILABLE', 'UNKNOWN_SERVER_ERROR', 'TOPIC_AUTHORIZATION_FAILED']

await t.test('a tail goes on after every error and every cut, and loses and doubles nothing', async t => {
  const { dev, log, ledger, put } = await faulty(t, { requestTimeoutMs: 1_000 })
  const collector = new Collector()
  const tail = log.tail(TOPIC, [0], collector)
  let id = 0
  for (const fault of [...errors.map((error) => ({ error })), { cut: 'request' }, { cut: 'answer' }, { delay: 'answer', ms: 20 }] as const) {
    put(++id)
    dev.faults.push('Fetch', fault)
    if ('error' in fault) {
      await becomes(() => { // it lasts until it is seen
        if (dev.faults.pending === 0) dev.faults.push('Fetch', fault)
        return log.health().stalls.length > 0
      })
      const why = fault.error === 'TOPIC_AUTHORIZATION_FAILED' ? 'Kafka does not allow it' : fault.error
      t.strictSame(reasonsOf(log.health().stalls), [`${TOPIC}/0 is not read: ${why}`])
    }
    await becomes(() => dev.faults.pending === 0)
    await ledger.answered(id)
    await collector.records(id)
    await becomes(() => log.health().stalls.length === 0)
  }
  t.strictSame(collector.seen, Array.from({ length: id }, (_, n) => `0:${n} ${n + 1}`))
  t.strictSame([collector.told, tail.lag(), dev.faults.pending], [[], [0], 0])
})

await t.test('a fetch that is frozen beyond its time-out', async t => {
  const { dev, log, ledger, put } = await faulty(t, { requestTimeoutMs: 700 })
  const collector = new Collector()
  dev.faults.push('Fetch', { freeze: 'answer' })
  log.tail(TOPIC, [0], collector)
  put(1)
  await ledger.answered(1)
  await becomes(() => log.health().stalls.length > 0)
  dev.faults.thaw()
  await collector.records(1)
  t.strictSame([collector.seen, dev.faults.pending], [['0:0 1'], 0])
})

await t.test('an offset that retention has passed is a gap up to the first record; one beyond the end is one up to there', async t => {
  const { address, log, ledger, put } = await faulty(t, { partitions: 2 })
  put(1, 2, 3, 4, 5)
  await ledger.answered(5)
  const admin = foreign(address).admin()
  await admin.connect()
  await admin.fetchTopicMetadata({ topics: [TOPIC] })
  await admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition: 0, offset: '3' }] })
  await admin.disconnect()
  const collector = new Collector()
  log.tail(TOPIC, [1, 70], collector)
  await collector.until(() => collector.told.length === 2)
  await collector.records(2)
  t.strictSame([collector.told.sort(), collector.seen], [
    ['0:1>3 retention', '1:70>0 truncated'], ['0:3 4', '0:4 5']
  ])
})

await t.test('an offset that is only said to be out of range is asked for again', async t => {
  const { dev, log, ledger, put } = await faulty(t)
  put(1, 2)
  await ledger.answered(2)
  dev.faults.push('Fetch', { error: 'OFFSET_OUT_OF_RANGE' })
  const collector = new Collector()
  log.tail(TOPIC, [1], collector)
  await collector.records(1)
  t.strictSame([collector.seen, collector.told, dev.faults.pending], [['0:1 2'], [], 0])
})

await t.test('reading a piece is one try', async t => {
  const { dev, log, ledger, put } = await faulty(t)
  put(1)
  await ledger.answered(1)
  const collector = new Collector()
  dev.faults.push('Fetch', { error: 'KAFKA_STORAGE_ERROR' }, { cut: 'request' }, { error: 'OFFSET_OUT_OF_RANGE' })
  await t.rejects(log.fetch(TOPIC, 0, 0), { name: 'LogError', code: 'failed', message: `Kafka did not read ${TOPIC}/0: KAFKA_STORAGE_ERROR.` })
  await t.rejects(log.fetch(TOPIC, 0, 0), { name: 'LogError', code: 'unreachable' })
  await t.rejects(log.fetch(TOPIC, 0, 0), { name: 'LogError', code: 'offset-gone' })
  await readRange(log, TOPIC, 0, 0, 1, collector)
  t.strictSame([collector.seen, dev.faults.pending], [['0:0 1'], 0])
  await t.rejects(log.fetch(TOPIC, 9, 0), { code: 'unreachable', message: `Kafka did not read ${TOPIC}/9: the partition has no leader.` })
})

await t.test('records that cannot be decoded are told with their offsets, and passed', async t => {
  const { address, log, ledger, put } = await faulty(t)
  const client = await RawClient.connect(address)
  t.teardown(() => client.close())
  put(1)
  await ledger.answered(1)
  await client.request('Produce', 7, produceBody(TOPIC, remade(await kafkajsBatch([plain('a'), plain('b')]), { attributes: 5 })))
  put(2)
  await ledger.answered(2)
  const [read, tailed] = [new Collector(), new Collector()]
  log.tail(TOPIC, [0], tailed)
  await tailed.records(2)
  await readRange(log, TOPIC, 0, 0, 4, read)
  for (const { seen, told } of [read, tailed]) t.strictSame([seen, told], [['0:0 1', '0:3 2'], ['0:1-2 compression 5 is unknown']])
})
