import t from 'tap'
import { decodeFetch, encodeFetch, FETCH } from '../../src/wire/fetch.ts'
import { decodeListOffsets, encodeListOffsets } from '../../src/wire/list-offsets.ts'
import { decodeProduce, encodeProduce, PRODUCE } from '../../src/wire/produce.ts'
import { Writer } from '../../src/wire/writer.ts'
import { BASE_MS, kafkajsBatch, plain } from './batches.ts'
import { fetchRequest, fetchResponse, listOffsetsRequest, produceRequest, produceResponse } from './kafkajs.ts'

const BOUNDS = { maxWaitMs: 500, minBytes: 1, maxBytes: 4 << 20, partitionMaxBytes: 1 << 20, rack: 'rack-1' }

await t.test('a Fetch request is the bytes that kafkajs writes', async t => {
  const partition = (partition: number, fetchOffset: number) => ({ partition, fetchOffset, maxBytes: BOUNDS.partitionMaxBytes })
  const theirs = await fetchRequest({
    replicaId: -1,
    maxWaitTime: BOUNDS.maxWaitMs,
    minBytes: BOUNDS.minBytes,
    maxBytes: BOUNDS.maxBytes,
    rackId: BOUNDS.rack,
    topics: [{ topic: 'température', partitions: [partition(0, 0), partition(5, 2 ** 45)] }, { topic: 'other', partitions: [partition(0, 7)] }, { topic: 'température', partitions: [partition(2, 9)] }]
  }).encode()
  const ours = encodeFetch([
    { topic: 'température', partition: 0, offset: 0 }, { topic: 'température', partition: 5, offset: 2 ** 45 }, { topic: 'other', partition: 0, offset: 7 }, { topic: 'température', partition: 2, offset: 9 }
  ], BOUNDS)
  t.strictSame(ours, theirs.buffer)
  t.strictSame(FETCH, { key: 1, version: 11, name: 'Fetch' })
})

await t.test('a Produce request is the bytes that kafkajs writes', async t => {
  const messages = [{ key: Buffer.from('device-1'), value: Buffer.from('v'), timestamp: BASE_MS, headers: {} }]
  const topicData = [{ topic: 'température', partitions: [{ partition: 0, messages, firstSequence: 0 }, { partition: 3, messages, firstSequence: 0 }] }, { topic: 'other', partitions: [{ partition: 1, messages, firstSequence: 0 }] }]
  const theirs = await produceRequest({ acks: -1, timeout: 5000, producerId: '-1', producerEpoch: 0, topicData }).encode()
  const batch = await kafkajsBatch([plain('v')])
  batch.writeInt16BE(0, 51)
  const ours = encodeProduce([{ topic: 'température', partition: 0, batch }, { topic: 'température', partition: 3, batch }, { topic: 'other', partition: 1, batch }], 5000)
  t.strictSame(ours, theirs.buffer)
  t.strictSame(PRODUCE, { key: 0, version: 8, name: 'Produce' })
})

await t.test('a Produce answer says what kafkajs reads in it', async t => {
  const rows: Array<{ topic: string, list: Array<[partition: number, error: number, base: number]> }> = [
    { topic: 'one', list: [[0, 0, 2 ** 45], [4, -1, -1]] }, { topic: 'two', list: [[1, 10, -1]] }
  ]
  const written = (version: 7 | 8): Buffer => new Writer().array(rows, (w, { topic, list }) => w.string(topic).array(list, (p, [partition, error, base]) => {
    p.int32(partition).int16(error).int64(base).int64(-1).int64(0)
    if (version === 8) p.array(error > 0 ? [3, 5] : [], (r, index) => r.int32(index).string('its time')).string(error > 0 ? 'bad' : null)
  })).int32(77).finish()
  const bytes = written(8)
  const { topics, clientSideThrottleTime } = await produceResponse.decode(written(7)) as { topics: Array<{ topicName: string, partitions: Array<{ partition: number, errorCode: number, baseOffset: string }> }>, clientSideThrottleTime: number }
  t.strictSame(decodeProduce(bytes), {
    throttleMs: clientSideThrottleTime,
    partitions: topics.flatMap(({ topicName, partitions }) =>
      partitions.map(({ partition, errorCode, baseOffset }) => ({ topic: topicName, partition, errorCode, baseOffset: Number(baseOffset), faulty: errorCode > 0 ? [3, 5] : [] })))
  })
  t.equal(clientSideThrottleTime, 77)
  for (let end = 0; end < bytes.length; end++) t.throws(() => decodeProduce(bytes.subarray(0, end)), RangeError)
})

await t.test('a Fetch answer too, and its records stay where they are', async t => {
  const batch = await kafkajsBatch([plain('v')], { baseOffset: 40 })
  const bytes = new Writer().int32(3).int16(0).int32(0).array([0, 1, 2], (w, n) => w.string(`topic-${n}`).array([n], (p) => {
    p.int32(n).int16(n).int64(50 + n).int64(41 + n).int64(n)
    if (n === 0) p.int32(-1)
    else p.array([n, n + 1], (a, id) => a.int64(id).int64(id * 2))
    p.int32(-1)
    return n === 2 ? p.bytes(null) : p.bytes(batch)
  })).finish()
  const theirs = await fetchResponse.decode(bytes) as { clientSideThrottleTime: number, responses: Array<{ topicName: string, partitions: Array<Record<string, unknown>> }> }
  const { throttleMs, errorCode, partitions } = decodeFetch(bytes)
  t.strictSame([throttleMs, errorCode], [theirs.clientSideThrottleTime, 0])
  t.strictSame(partitions.map((p) => ({
    topic: p.topic,
    partition: p.partition,
    errorCode: p.errorCode,
    highWatermark: String(p.highWatermark),
    lastStableOffset: String(p.lastStableOffset),
    lastStartOffset: String(p.logStartOffset),
    abortedTransactions: p.aborted.map(({ producerId, firstOffset }) => ({ producerId: String(producerId), firstOffset: String(firstOffset) }))
  })), theirs.responses.flatMap(({ topicName, partitions }) => partitions.map(({ messages, preferredReadReplica, ...rest }) => ({ topic: topicName, ...rest }))))
  for (const { buffer, recordsAt, recordsEnd, partition } of partitions) {
    t.equal(buffer, bytes)
    t.strictSame(buffer.subarray(recordsAt, recordsEnd), partition === 2 ? Buffer.alloc(0) : batch)
  }
  for (let end = 0; end < bytes.length; end++) t.throws(() => decodeFetch(bytes.subarray(0, end)), RangeError)
})

await t.test('high watermarks are asked for and answered as kafkajs does', async t => {
  const partitions = [{ partition: 0, timestamp: '-1' }, { partition: 7, timestamp: '-1' }]
  const theirs = await listOffsetsRequest({ replicaId: -1, topics: [{ topic: 'one', partitions }] }).encode()
  t.strictSame(encodeListOffsets([{ topic: 'one', partition: 0 }, { topic: 'one', partition: 7 }]), theirs.buffer)
  const bytes = new Writer().array(['one'], (w, topic) => w.string(topic).array([0, 7], (p, n) => p.int32(n).int16(n).int64(-1).int64(40 + n))).finish()
  t.strictSame(decodeListOffsets(bytes), [{ topic: 'one', partition: 0, errorCode: 0, offset: 40 }, { topic: 'one', partition: 7, errorCode: 7, offset: 47 }])
})
