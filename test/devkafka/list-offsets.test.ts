import { gzipSync } from 'node:zlib'
import t from 'tap'
import { errorName } from '../../src/wire/errors.ts'
import { batch, TRANSACTIONAL } from './batches.ts'
import type { RawClient } from './raw.ts'
import { addPartition, initProducerId, produce } from './raw.ts'
import { startAny } from './start.ts'

const LATEST = -1
const EARLIEST = -2

async function listOffset (client: RawClient, topic: string, timestamp: number, committedOnly = false, index = 0): Promise<[error: string, timestamp: number, offset: number]> {
  const answer = await client.request('ListOffsets', 2, (body) => body.int32(-1).int8(committedOnly ? 1 : 0)
    .array([topic], (w, name) => w.string(name).array([index], (p) => p.int32(index).int64(timestamp))))
  answer.skip(8)
  answer.string()
  answer.skip(8)
  return [errorName(answer.int16()), answer.int64(), answer.int64()]
}

await t.test('by time', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const now = Date.now()
  t.same(await listOffset(client, to, now), ['NONE', -1, -1], 'an empty partition')
  t.same(await listOffset(client, to, LATEST), ['NONE', -1, 0])
  await produce(client, to, batch({ values: ['a', 'b', 'c'], times: [now, now + 10, now + 5] }))
  await produce(client, to, batch({ values: ['d'], times: [now + 20] }))
  await produce(client, to, batch({ values: ['e'], times: [now - 86_400_000] }))
  t.same(await listOffset(client, to, EARLIEST), ['NONE', -1, 0])
  t.same(await listOffset(client, to, LATEST), ['NONE', -1, 5])
  t.same(await listOffset(client, to, 0), ['NONE', now, 0])
  t.same(await listOffset(client, to, now + 1), ['NONE', now + 10, 1], 'the first that is as late, within a batch')
  t.same(await listOffset(client, to, now + 11), ['NONE', now + 20, 3])
  t.same(await listOffset(client, to, now + 21), ['NONE', -1, -1], 'none is')
  t.equal((await listOffset(client, to, LATEST, false, 9))[0], 'UNKNOWN_TOPIC_OR_PARTITION')
})

await t.test('by time, where records are compressed or deleted', async t => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const [packed, trimmed] = [await topic(), await topic()]
  const now = Date.now()
  const plain = batch({ values: ['a'], times: [now] })
  await produce(client, packed, batch({ values: ['a'], times: [now], attributes: 1, body: gzipSync(plain.subarray(61)) }))
  t.same(await listOffset(client, packed, now - 5), ['NONE', now, 0])

  await produce(client, trimmed, batch({ values: ['a', 'b'], times: [now + 20, now] }))
  await produce(client, trimmed, batch({ values: ['c'], times: [now + 30] }))
  await client.request('DeleteRecords', 1, (body) => body
    .array([trimmed], (w, name) => w.string(name).array([0], (p, index) => p.int32(index).int64(1))).int32(10_000))
  t.same(await listOffset(client, trimmed, now + 10), ['NONE', now + 30, 2], 'a record before the start is not there')
})

await t.test('with an open transaction', async (t) => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic()
  const now = Date.now()
  await produce(client, to, batch({ times: [now] }))
  const transactionalId = `id-of-${to}`
  const { producerId, epoch } = await initProducerId(client, transactionalId)
  t.equal(await addPartition(client, transactionalId, producerId, epoch, to), 'NONE')
  const open = batch({ times: [now + 10], attributes: TRANSACTIONAL, producerId, epoch, sequence: 0 })
  t.same(await produce(client, to, open, { transactionalId }), { error: 'NONE', base: 1 })
  t.same(await listOffset(client, to, LATEST), ['NONE', -1, 2])
  t.same(await listOffset(client, to, LATEST, true), ['NONE', -1, 1], 'up to the last stable offset')
  t.same(await listOffset(client, to, now + 10), ['NONE', now + 10, 1])
  t.same(await listOffset(client, to, now + 10, true), ['NONE', -1, -1], 'what is not stable has no offset yet')
})
