import t from 'tap'
import { batch, CONTROL, TRANSACTIONAL } from './batches.ts'
import { fetchOne, produce, produceBody, wholeBatches } from './raw.ts'
import { startAny } from './start.ts'

await t.test('what is wrong with a batch', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic({ 'max.message.bytes': '1000' })
  const damaged = batch()
  damaged.writeUInt8(damaged.readUInt8(70) ^ 1, 70)
  const cases: Record<string, [records: Buffer, error: string]> = {
    'a damaged record': [damaged, 'CORRUPT_MESSAGE'],
    'a batch over max.message.bytes': [batch({ values: ['x'.repeat(1000)] }), 'MESSAGE_TOO_LARGE'],
    'two batches': [Buffer.concat([batch(), batch()]), 'INVALID_RECORD'],
    'a base offset': [batch({ baseOffset: 5 }), 'INVALID_RECORD'],
    'a count that is not so': [batch({ values: ['a', 'b'], count: 3 }), 'INVALID_RECORD'],
    'less than a header': [batch().subarray(0, 40), 'INVALID_RECORD'],
    'less than it says': [batch().subarray(0, -1), 'INVALID_RECORD'],
    'an older format': [batch({ magic: 1 }), 'INVALID_RECORD'],
    'a marker': [batch({ attributes: CONTROL }), 'INVALID_RECORD'],
    'a transactional batch of nobody': [batch({ attributes: TRANSACTIONAL, producerId: 1, epoch: 0 }), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED']
  }
  for (const [what, [records, error]] of Object.entries(cases)) t.same(await produce(client, to, records), { error, base: -1 }, what)
  t.same(await produce(client, `${to}-unknown`, batch()), { error: 'UNKNOWN_TOPIC_OR_PARTITION', base: -1 })
  t.same(await produce(client, to, batch(), { acks: 2 }), { error: 'INVALID_REQUIRED_ACKS', base: -1 })
  t.equal((await fetchOne(client, to)).highWatermark, 0, 'nothing of that was stored')
})

await t.test('a batch is stored as it came, but for its offset and leader epoch', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const sent = batch({ values: ['a', 'b'] })
  t.same(await produce(client, to, sent, { acks: 1 }), { error: 'NONE', base: 0 })
  t.same(await produce(client, to, sent), { error: 'NONE', base: 2 })
  const { records, start, highWatermark, lastStable, aborted } = await fetchOne(client, to)
  t.same({ start, highWatermark, lastStable, aborted }, { start: 0, highWatermark: 4, lastStable: 4, aborted: undefined })
  const [first, second] = wholeBatches(records)
  sent.writeInt32BE(0, 12)
  t.same(first, sent)
  sent.writeBigInt64BE(2n, 0)
  t.same(second, sent)
})

await t.test('acks=0 is not answered', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const answer = client.request('Produce', 7, produceBody(to, batch(), { acks: 0 }))
  client.send(18, 0, Buffer.alloc(0))
  t.equal((await answer).int16(), 0)
  t.ok((await answer).left > 100, 'the first answer is that of ApiVersions')
  t.equal((await fetchOne(client, to, { maxWaitMs: 10_000 })).highWatermark, 1)
})

await t.test('compressed records are handed on as they are', async (t) => {
  const { connect, topic } = await startAny(t)
  if (process.env['TEST_KAFKA_BROKERS'] !== undefined) return t.pass('Kafka looks into them')
  const client = await connect()
  const to = await topic()
  for (const compression of [1, 2, 3, 4]) {
    const sent = batch({ attributes: compression, values: ['a', 'b', 'c'], body: Buffer.from('not what it says') })
    const { base } = await produce(client, to, sent)
    const [stored] = wholeBatches((await fetchOne(client, to, { offset: base })).records)
    t.same(stored?.subarray(16), sent.subarray(16))
  }
})
