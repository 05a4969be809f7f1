import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BatchWriter } from '../../src/wire/batch-writer.ts'
import { HeaderBlock, headerName } from '../../src/wire/header-block.ts'
import { BASE_MS, plainRecords, type Plain, walk } from './batches.ts'
import { decodeBatch, type DecodedBatch } from './kafkajs.ts'

const NO_HEADERS = new HeaderBlock()
const block = new HeaderBlock()

/** What the writer takes: it writes no nulls. */
function append (writer: BatchWriter, { key, value, timeMs, headers }: Plain): void {
  block.clear()
  for (const [name, text] of headers) block.add(headerName(name), text)
  const source = Buffer.concat([Buffer.from('before'), value ?? Buffer.alloc(0), Buffer.from('behind')])
  writer.append(timeMs, key ?? Buffer.alloc(0), source, 6, source.length - 6, block)
}

const producers = fc.record({
  id: fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }),
  epoch: fc.integer({ min: -1, max: 0x7fff }),
  sequence: fc.integer({ min: -1, max: 0x7fff_ffff })
})

function asText (batch: DecodedBatch): object[] {
  return batch.records.map(({ key, value, timestamp, offset, headers }) =>
    ({ key: key?.toString('hex'), value: value?.toString('hex'), timestamp, offset, headers: Object.entries(headers).map(([name, one]) => [name, String(one)]) }))
}

await t.test('kafkajs reads in a batch what was appended to it', async t => {
  const writer = new BatchWriter()
  await t.resolves(fc.assert(fc.asyncProperty(plainRecords, producers, async (records, { id, epoch, sequence }) => {
    for (const record of records) append(writer, record)
    const batch = writer.seal({ id, epoch }, sequence)
    const decoded = await decodeBatch(batch)
    writer.clear()
    const { producerId, producerEpoch, firstSequence, firstTimestamp, maxTimestamp, lastOffsetDelta, inTransaction } = decoded
    assert.deepEqual({ producerId, producerEpoch, firstSequence, firstTimestamp, maxTimestamp, lastOffsetDelta, inTransaction }, {
      producerId: String(id),
      producerEpoch: epoch,
      firstSequence: sequence,
      firstTimestamp: String(records[0]?.timeMs),
      maxTimestamp: String(Math.max(...records.map(({ timeMs }) => timeMs))),
      lastOffsetDelta: records.length - 1,
      inTransaction: false
    })
    assert.deepEqual(asText(decoded), records.map(({ key, value, timeMs, headers }, n) =>
      ({ key: key?.toString('hex') ?? '', value: value?.toString('hex') ?? '', timestamp: String(timeMs), offset: String(n), headers: headers.map(([name, one]) => [name, Buffer.from(one).toString()]) })))
  }), { numRuns: 60 }))
})

await t.test('and so does our own walk', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(plainRecords, (records) => {
    const writer = new BatchWriter()
    for (const record of records) append(writer, record)
    const walked = walk(writer.seal({ id: 7n, epoch: 1 }, 0))
    assert.deepEqual(walked.undecodable, [])
    assert.deepEqual(walked.records.map(({ timeMs, offset }) => [timeMs, offset]), records.map(({ timeMs }, n) => [timeMs, n]))
  }), { numRuns: 40 }))
})

await t.test('a record takes no more bytes than recordBytes says', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(plainRecords, (records) => {
    const writer = new BatchWriter()
    for (const record of records) {
      const before = writer.bytes
      append(writer, record)
      const most = BatchWriter.recordBytes(record.key ?? Buffer.alloc(0), record.value?.length ?? 0, block)
      assert.ok(writer.bytes - before <= most)
    }
    assert.equal(writer.count, records.length)
    assert.equal(writer.bytes, writer.seal({ id: -1n, epoch: -1 }, -1).length)
  }), { numRuns: 40 }))
})

await t.test('a batch grows far beyond its first buffer, and gives it back when it is cleared', async t => {
  const writer = new BatchWriter()
  const value = Buffer.alloc(300_000, 'v')
  writer.append(BASE_MS, Buffer.from('k'), value, 0, value.length, NO_HEADERS)
  writer.append(BASE_MS, Buffer.from('k'), Buffer.from('small'), 0, 5, NO_HEADERS)
  t.strictSame(walk(writer.seal({ id: 1n, epoch: 0 }, 0)).records.map((r) => r.value?.length), [300_000, 5])
  writer.clear()
  t.equal(writer.count, 0)
  writer.append(BASE_MS, Buffer.from('k'), Buffer.from('again'), 0, 5, NO_HEADERS)
  t.strictSame(walk(writer.seal({ id: 1n, epoch: 0 }, 0)).records.map((r) => String(r.value)), ['again'])
})

await t.test('sealing again in a new epoch changes the header and nothing else', async t => {
  const writer = new BatchWriter()
  writer.append(BASE_MS, Buffer.from('k'), Buffer.from('v'), 0, 1, NO_HEADERS)
  const first = await decodeBatch(Buffer.from(writer.seal({ id: 5n, epoch: 1 }, 70)))
  const second = await decodeBatch(Buffer.from(writer.seal({ id: 5n, epoch: 2 }, 0)))
  t.match(first, { producerEpoch: 1, firstSequence: 70 })
  t.match(second, { producerEpoch: 2, firstSequence: 0 })
  t.strictSame(asText(second), asText(first))
})

await t.test('a record has at most 63 headers', async t => {
  const many = new HeaderBlock()
  const name = headerName('n')
  for (let n = 0; n < 63; n++) many.add(name, 'x'.repeat(100))
  t.throws(() => many.add(name, ''), new RangeError('a record has at most 63 headers'))
  const writer = new BatchWriter()
  writer.append(BASE_MS, Buffer.from('k'), Buffer.from('v'), 0, 1, many)
  t.equal(walk(writer.seal({ id: 1n, epoch: 0 }, 0)).records[0]?.headers.length, 63)
})

await t.test('addId writes what add would, for any id', async t => {
  const name = headerName('sluice-id')
  const ids = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.constantFrom(9, 10, 99, 100, 999_999_999, 1_000_000_000, 0x7fff_ffff, 0x8000_0000))
  const scopes = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), maxLength: 70 })
  t.doesNotThrow(() => fc.assert(fc.property(scopes, ids, (scope, id) => {
    const [one, other] = [new HeaderBlock().addId(name, scope, id), new HeaderBlock().add(name, `${scope}:${id}`)]
    assert.deepEqual(one.buffer.subarray(0, one.end), other.buffer.subarray(0, other.end))
  }), { numRuns: 500 }))
})
