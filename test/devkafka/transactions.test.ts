import t from 'tap'
import { batch, TRANSACTIONAL } from './batches.ts'
import { addPartition, endTxn, fetchOne, initProducerId, produce, wholeBatches } from './raw.ts'
import { startAny } from './start.ts'

const ATTRIBUTES_AT = 21
const MARKER_TYPE_AT = 69

await t.test('commit, abort, last stable offset', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const id = `id-of-${to}`
  const { producerId, epoch } = await initProducerId(client, id)
  const write = (sequence: number) => produce(client, to, batch({ attributes: TRANSACTIONAL, producerId, epoch, sequence }), { transactionalId: id })

  t.equal(await addPartition(client, id, producerId, epoch, to), 'NONE')
  t.same(await write(0), { error: 'NONE', base: 0 })
  t.same(await produce(client, to, batch()), { error: 'NONE', base: 1 }, 'another producer goes on')
  const open = await fetchOne(client, to, { committedOnly: true })
  t.same([open.highWatermark, open.lastStable, open.records.length, open.aborted], [2, 0, 0, []], 'nothing is stable while it is open')
  t.equal(wholeBatches((await fetchOne(client, to)).records).length, 2, 'who reads uncommitted sees it')

  const waiting = await connect()
  const stable = fetchOne(waiting, to, { committedOnly: true, maxWaitMs: 30_000 })
  t.equal(await endTxn(client, id, producerId, epoch, true), 'NONE')
  t.equal((await stable).lastStable, 3, 'a commit ends a long poll')

  t.equal(await addPartition(client, id, producerId, epoch, to), 'NONE')
  t.same(await write(1), { error: 'NONE', base: 3 })
  t.equal(wholeBatches((await fetchOne(client, to, { committedOnly: true })).records).length, 3, 'up to the last stable offset')
  t.equal(await endTxn(client, id, producerId, epoch, false), 'NONE')
  await stableUpTo(5)
  const all = await fetchOne(client, to, { committedOnly: true })
  t.same(all.aborted, [{ producerId, first: 3 }])
  t.same(wholeBatches(all.records).map((b) => b.readInt16BE(ATTRIBUTES_AT)), [0x10, 0, 0x30, 0x10, 0x30])
  t.same([2, 4].map((n) => wholeBatches(all.records)[n]?.readInt8(MARKER_TYPE_AT)), [1, 0], 'the first marker commits, the second aborts')
  t.same((await fetchOne(client, to, { committedOnly: true, offset: 4 })).aborted, [{ producerId, first: 3 }], 'up to its marker')

  async function stableUpTo (offset: number): Promise<void> {
    for (let at = await fetchOne(client, to); at.lastStable < offset; at = await fetchOne(client, to, { offset: at.highWatermark, maxWaitMs: 100 }));
  }
})

await t.test('the newer producer of a transactional id fences the older', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const id = `id-of-${to}`
  const older = await initProducerId(client, id)
  t.equal(await addPartition(client, id, older.producerId, older.epoch, to), 'NONE')
  const sent = batch({ attributes: TRANSACTIONAL, producerId: older.producerId, epoch: older.epoch, sequence: 0 })
  t.same(await produce(client, to, sent, { transactionalId: id }), { error: 'NONE', base: 0 })

  const newer = await initProducerId(client, id)
  t.equal(newer.producerId, older.producerId)
  t.ok(newer.epoch > older.epoch)
  const { aborted, lastStable } = await fetchOne(client, to, { committedOnly: true })
  t.same({ aborted, lastStable }, { aborted: [{ producerId: older.producerId, first: 0 }], lastStable: 2 }, 'what it left open is aborted')
  t.equal(await addPartition(client, id, older.producerId, older.epoch, to), 'INVALID_PRODUCER_EPOCH')
  t.equal(await endTxn(client, id, older.producerId, older.epoch, true), 'INVALID_PRODUCER_EPOCH')
  const late = batch({ attributes: TRANSACTIONAL, producerId: older.producerId, epoch: older.epoch, sequence: 1 })
  t.equal((await produce(client, to, late, { transactionalId: id })).error, 'INVALID_PRODUCER_EPOCH')
  t.equal(await addPartition(client, id, newer.producerId, newer.epoch, to), 'NONE')
  const next = batch({ attributes: TRANSACTIONAL, producerId: newer.producerId, epoch: newer.epoch, sequence: 0 })
  t.same(await produce(client, to, next, { transactionalId: id }), { error: 'NONE', base: 2 }, 'the newer one begins at 0')
  t.equal(await addPartition(client, id, newer.producerId + 1000, 0, to), 'INVALID_PRODUCER_ID_MAPPING')
  const stray = batch({ attributes: TRANSACTIONAL, producerId: newer.producerId, epoch: newer.epoch, sequence: 0 })
  t.equal((await produce(client, await topic(), stray, { transactionalId: id })).error, 'INVALID_TXN_STATE', 'a partition that is not in the transaction')
})

await t.test('kafkajs: a transaction with offsets', async (t) => {
  const { kafka, topic } = await startAny(t)
  const [to, from] = [await topic(), await topic()]
  const producer = kafka.producer({ transactionalId: `id-of-${to}`, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  const consumerGroupId = `group-of-${to}`

  const aborted = await producer.transaction()
  await aborted.send({ topic: to, messages: [{ value: 'never' }] })
  await aborted.sendOffsets({ consumerGroupId, topics: [{ topic: from, partitions: [{ partition: 0, offset: '5' }] }] })
  await aborted.abort()
  const committed = await producer.transaction()
  await committed.send({ topic: to, messages: [{ value: 'one' }, { value: 'two' }] })
  await committed.sendOffsets({ consumerGroupId, topics: [{ topic: from, partitions: [{ partition: 0, offset: '7' }] }] })
  await committed.commit()

  const consumer = kafka.consumer({ groupId: `readers-of-${to}`, readUncommitted: false, maxWaitTimeInMs: 200 })
  await consumer.connect()
  t.teardown(() => consumer.disconnect())
  await consumer.subscribe({ topics: [to], fromBeginning: true })
  const seen: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer.run({ eachMessage: async ({ message }) => { if (seen.push(String(message.value)) === 2) resolve() } }).catch(reject)
  })
  t.same(seen, ['one', 'two'])

  const admin = kafka.admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  let [offsets] = await admin.fetchOffsets({ groupId: consumerGroupId, topics: [from] })
  while (offsets?.partitions[0]?.offset === '-1') [offsets] = await admin.fetchOffsets({ groupId: consumerGroupId, topics: [from] })
  t.equal(offsets?.partitions[0]?.offset, '7', 'the offsets of the transaction that was aborted do not count')
})
