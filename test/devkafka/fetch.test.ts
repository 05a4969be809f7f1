import t from 'tap'
import { batch } from './batches.ts'
import { fetch, fetchOne, produce, wholeBatches } from './raw.ts'
import { startAny } from './start.ts'

const LONG = 30_000

await t.test('limits in bytes', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const other = await topic()
  const sent = batch({ values: ['x'.repeat(200)] })
  for (let n = 0; n < 3; n++) await produce(client, to, sent)
  await produce(client, other, sent)

  t.equal(wholeBatches((await fetchOne(client, to)).records).length, 3)
  t.equal((await fetchOne(client, to, { partitionBytes: 1 })).records.length, sent.length, 'the first batch comes whole')
  t.equal((await fetchOne(client, to, { maxBytes: 1 })).records.length, sent.length, 'whatever limits it')
  const cut = await fetchOne(client, to, { partitionBytes: sent.length * 2 - 1 })
  t.equal(cut.records.length, sent.length * 2 - 1, 'others are cut at the limit')
  t.equal(wholeBatches(cut.records).length, 1)
  t.equal((await fetchOne(client, to, { offset: 1, partitionBytes: 1 })).records.readBigInt64BE(0), 1n)

  const two = await fetch(client, [to, other], { partitionBytes: 1 })
  t.same(two.map(({ records }) => records.length).sort(), [0, sent.length], 'only one batch of a request may be over a limit')
  const shared = await fetch(client, [to, other], { maxBytes: sent.length * 4 - 1, partitionBytes: sent.length * 3 })
  t.ok(shared.reduce((bytes, { records }) => bytes + records.length, 0) < sent.length * 4, 'maxBytes is for all partitions together')
})

await t.test('what cannot be read', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  await produce(client, to, batch())
  for (const [offset, error] of [[-5, 'OFFSET_OUT_OF_RANGE'], [2, 'OFFSET_OUT_OF_RANGE'], [1, 'NONE']] as const) {
    t.equal((await fetchOne(client, to, { offset, maxWaitMs: error === 'NONE' ? 1 : LONG })).error, error, `offset ${offset}`)
  }
  const { highWatermark, lastStable, start, records } = await fetchOne(client, to, { offset: 2 })
  t.same({ highWatermark, lastStable, start, bytes: records.length }, { highWatermark: -1, lastStable: -1, start: -1, bytes: 0 })
  t.equal((await fetchOne(client, to, { index: 7, maxWaitMs: LONG })).error, 'UNKNOWN_TOPIC_OR_PARTITION')
})

await t.test('a long poll ends when there is enough', async (t) => {
  const { connect, topic } = await startAny(t)
  const [reader, writer] = [await connect(), await connect()]
  const to = await topic()
  const sent = batch()
  const one = fetchOne(reader, to, { maxWaitMs: LONG })
  await produce(writer, to, sent)
  t.equal(wholeBatches((await one).records).length, 1)

  const two = fetchOne(reader, to, { offset: 1, maxWaitMs: LONG, minBytes: sent.length * 2 })
  await produce(writer, to, sent)
  await produce(writer, to, sent)
  t.equal(wholeBatches((await two).records).length, 2, 'not before there are as many bytes as it wants')

  t.equal((await fetchOne(reader, to, { offset: 3, maxWaitMs: 20 })).records.length, 0, 'or the time is over')
})

await t.test('requests of a connection are answered in order', async (t) => {
  const { connect, topic } = await startAny(t)
  const [client, writer] = [await connect(), await connect()]
  const to = await topic()
  const first = fetchOne(client, to, { maxWaitMs: LONG })
  const second = client.request('ApiVersions', 0)
  await produce(writer, to, batch())
  t.equal((await first).highWatermark, 1)
  t.equal((await second).int16(), 0)
})
