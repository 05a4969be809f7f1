import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DevKafka } from '../../src/devkafka/broker.ts'
import { batch, TRANSACTIONAL } from './batches.ts'
import { addPartition, fetchOne, initProducerId, produce, RawClient, wholeBatches } from './raw.ts'
import { kafkajs, start } from './start.ts'

await t.test('kill -9 in the midst of production loses nothing that was acked', async t => {
  const dir = t.testdir()
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'acking-child.ts'), dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const address = String((await once(child.stdout, 'data'))[0]).trim()
  const admin = kafkajs(address).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'a', numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '1000' }] }] })
  await admin.disconnect()

  const client = await RawClient.connect(address)
  const { producerId } = await initProducerId(client)
  let acked = 0
  const producing = (async () => {
    for (;;) {
      await Promise.race([produce(client, 'a', batch({ values: [`record ${acked}`], producerId, epoch: 0, sequence: acked })), client.closed.then(() => { throw new Error('gone') })])
      acked++
      if (acked === 300) child.kill('SIGKILL')
    }
  })()
  await t.rejects(producing, { message: 'gone' })
  await exited

  const [segment] = readdirSync(join(dir, 'topics/a/0'))
  const path = join(dir, 'topics/a/0', segment ?? '')
  appendFileSync(path, batch().subarray(0, 70))
  const { broker, said, connect } = await start(t, { dir })
  t.match(said, [/topics\/a\/0\/.* had a torn tail: 70 bytes after offset \d+ were cut off/])
  t.same(broker.topics.get('a')?.configs.given, { 'retention.ms': '1000' })
  const end = broker.topics.partition('a', 0)?.end ?? 0
  t.ok(end >= acked, `${end} stored, ${acked} acked`)
  const again = await connect()
  const stored = wholeBatches((await fetchOne(again, 'a')).records)
  t.equal(stored.length, end)
  for (const [n, each] of stored.entries()) if (!each.includes(`record ${n}`)) t.fail(`record ${n} is not there`)
  const last = batch({ values: [`record ${end - 1}`], producerId, epoch: 0, sequence: end - 1 })
  t.same(await produce(again, 'a', last), { error: 'NONE', base: end - 1 }, 'it knows what it has from this producer')
  t.same(await produce(again, 'a', batch({ producerId, epoch: 0, sequence: end })), { error: 'NONE', base: end })
})

await t.test('a start finds everything as it was left', async t => {
  const dir = t.testdir()
  const first = new DevKafka({ dir, retentionBytes: 4000 })
  const client = await RawClient.connect(await first.listen())
  first.topics.create({ name: 'a', partitions: 1 })
  first.topics.create({ name: 'b', partitions: 1, configs: { 'cleanup.policy': 'compact' } })
  first.topics.create({ name: 'gone', partitions: 3 })
  for (let n = 0; n < 10; n++) await produce(client, 'a', batch({ values: ['x'.repeat(300)] }))
  const { producerId, epoch } = await initProducerId(client, 'id')
  await addPartition(client, 'id', producerId, epoch, 'b')
  const open = batch({ attributes: TRANSACTIONAL, producerId, epoch, sequence: 0 })
  await produce(client, 'b', open, { transactionalId: 'id' })
  first.topics.partition('a', 0)?.trim(4)
  first.topics.delete('gone')
  first.topics.grow('b', 2)
  client.close()
  await first.close()
  mkdirSync(join(dir, 'topics/half-deleted/0'), { recursive: true })
  writeFileSync(join(dir, 'topics/a/0/00000000000000000010.log'), '') // the next segment, opened and not written yet

  const { broker, connect, said } = await start(t, { dir, retentionBytes: 4000 })
  t.equal(broker.clusterId, first.clusterId)
  t.same(broker.topics.names().sort(), ['a', 'b'])
  t.notOk(existsSync(join(dir, 'topics/half-deleted')))
  t.same([broker.topics.partition('a', 0)?.start, broker.topics.partition('a', 0)?.end], [4, 10])
  t.equal(broker.topics.get('b')?.partitions.length, 2)
  const again = await connect()
  t.equal(wholeBatches((await fetchOne(again, 'a', { offset: 9, maxWaitMs: 1 })).records).length, 1)
  const { aborted, lastStable } = await fetchOne(again, 'b', { committedOnly: true })
  t.same({ aborted, lastStable }, { aborted: [{ producerId, first: 0 }], lastStable: 2 }, 'the open transaction is aborted')
  t.same(said, ['1 open transactions were aborted.'])
  t.equal((await produce(again, 'b', batch({ attributes: TRANSACTIONAL, producerId, epoch, sequence: 1 }), { transactionalId: 'id' })).error, 'INVALID_PRODUCER_ID_MAPPING')
  t.not((await initProducerId(again)).producerId, producerId, 'no producer id is given out twice')
})

await t.test('damage in the midst of the log cuts off what follows', async t => {
  const dir = t.testdir()
  const first = new DevKafka({ dir, retentionBytes: 8000 })
  first.topics.create({ name: 'a', partitions: 1 })
  const sent = batch({ values: ['x'.repeat(300)] })
  for (let n = 0; n < 9; n++) first.topics.partition('a', 0)?.append(sent)
  await first.close()
  const partitionDir = join(dir, 'topics/a/0')
  const segments = readdirSync(partitionDir).sort()
  t.equal(segments.length, 5, 'two batches a segment')
  const damaged = join(partitionDir, segments[1] ?? '')
  const bytes = readFileSync(damaged)
  bytes.writeUInt8(0, sent.length + 100)
  writeFileSync(damaged, bytes)
  rmSync(join(partitionDir, segments[3] ?? ''))

  const { broker, said } = await start(t, { dir, retentionBytes: 8000 })
  t.same([broker.topics.partition('a', 0)?.start, broker.topics.partition('a', 0)?.end], [0, 3])
  t.match(said, [/torn tail/, /does not follow/, /does not follow/])
  t.same(broker.topics.partition('a', 0)?.append(sent), { error: 0, base: 3 })
})

await t.test('a batch that lies in the wrong place is not taken for the next one', async t => {
  const dir = t.testdir()
  const first = new DevKafka({ dir })
  first.topics.create({ name: 'a', partitions: 1 })
  first.topics.partition('a', 0)?.append(batch())
  await first.close()
  appendFileSync(join(dir, 'topics/a/0/00000000000000000000.log'), batch({ baseOffset: 7 }))
  const second = new DevKafka({ dir })
  t.equal(second.topics.partition('a', 0)?.end, 1)
  await second.close()
})

await t.test('one process at a time', async t => {
  const dir = t.testdir()
  await start(t, { dir })
  t.throws(() => new DevKafka({ dir }), { message: `is in use by process ${process.pid}` })
  const other = t.testdir({ other: { lock: '1' } })
  t.throws(() => new DevKafka({ dir: join(other, 'other') }), { message: /in use by process 1\. If .* remove/ })
  const stale = spawn(process.execPath, ['-e', ''])
  await once(stale, 'exit')
  writeFileSync(join(other, 'other/lock'), String(stale.pid))
  const broker = new DevKafka({ dir: join(other, 'other') })
  await broker.close()
  t.notOk(existsSync(join(other, 'other/lock')))
})

await t.test('a log that cannot be written answers so', async t => {
  const { broker, connect, said } = await start(t, { dir: t.testdir() })
  broker.topics.create({ name: 'a', partitions: 1 })
  broker.topics.get('a')?.partitions[0]?.close()
  t.same(await produce(await connect(), 'a', batch()), { error: 'KAFKA_STORAGE_ERROR', base: -1 })
  t.match(said, [/a\/0 cannot be written: RangeError/])
  broker.topics.get('a')?.partitions.pop() // it is closed already
})
