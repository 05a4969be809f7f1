import fc from 'fast-check'
import t from 'tap'
import { readInt64, writeInt64 } from '../../src/wire/batch.ts'
import { ErrorCode, errorName } from '../../src/wire/errors.ts'
import { Reader } from '../../src/wire/reader.ts'
import { RecordView } from '../../src/wire/record-view.ts'
import { Writer } from '../../src/wire/writer.ts'
import { kafkajsBatch, plain } from './batches.ts'
import { walkBatches } from '../../src/wire/batch-walk.ts'

await t.test('what the Writer wrote the Reader reads', async t => {
  const values = fc.record({
    int8: fc.integer({ min: -128, max: 127 }),
    int16: fc.integer({ min: -0x8000, max: 0x7fff }),
    int32: fc.integer(),
    int64: fc.maxSafeInteger(),
    bigint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    boolean: fc.boolean(),
    string: fc.option(fc.string({ unit: 'grapheme', maxLength: 300 })),
    bytes: fc.uint8Array({ maxLength: 300 }),
    array: fc.array(fc.integer())
  })
  t.doesNotThrow(() => fc.assert(fc.property(values, fc.integer({ min: 0, max: 40 }), (v, initialBytes) => {
    const writer = new Writer(initialBytes).int8(v.int8).int16(v.int16).int32(v.int32).int64(v.int64).bigint64(v.bigint64)
      .boolean(v.boolean).string(v.string).bytes(v.bytes).array(v.array, (w, one) => w.int32(one)).raw(v.bytes)
    const length = writer.length
    const r = new Reader(writer.finish())
    const read = { int8: r.int8(), int16: r.int16(), int32: r.int32(), int64: r.int64(), bigint64: r.bigint64(), boolean: r.boolean(), string: r.nullableString(), bytes: Uint8Array.from(r.bytes()), array: r.array((a) => a.int32()) }
    return length === r.buffer.length && r.left === v.bytes.length && JSON.stringify(read, plainBigInt) === JSON.stringify(v, plainBigInt)
  })))
})

function plainBigInt (_name: string, value: unknown): unknown { return typeof value === 'bigint' ? String(value) : value }

await t.test('null reads as nothing', async t => {
  const r = new Reader(new Writer().string(null).bytes(null).int32(-1).int32(-1).finish())
  t.strictSame([r.string(), r.bytes().length, r.nullableArray(() => 1), r.array(() => 1), r.left], ['', 0, undefined, [], 0])
})

await t.test('nothing is read beyond the end', async t => {
  const bytes = Buffer.alloc(32, 1)
  const reads: Array<(r: Reader) => unknown> = [
    (r) => r.int8(), (r) => r.int16(), (r) => r.int32(), (r) => r.int64(), (r) => r.bigint64(), (r) => r.boolean(),
    (r) => r.string(), (r) => r.bytes(), (r) => r.array((a) => a.int8()), (r) => r.skip(9), (r) => r.skip(-1)
  ]
  for (const read of reads) {
    const reader = new Reader(bytes, 10, 10)
    t.throws(() => read(reader), RangeError)
    t.equal(reader.at, 10)
  }
  t.throws(() => new Reader(new Writer().int32(5).int32(0).finish()).array((r) => r.int8()), new RangeError('array of 5 items in 4 bytes'))
  t.throws(() => new Writer().string('x'.repeat(0x8000)), RangeError, 'nor is a string written that has no length')
})

await t.test('an int64 as a number', async t => {
  const buffer = Buffer.alloc(8)
  t.doesNotThrow(() => fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    writeInt64(buffer, value, 0)
    return Number(buffer.readBigInt64BE()) === value && readInt64(buffer, 0) === value
  })))
})

await t.test('errors are called by Kafka\'s names', async t => {
  for (const [name, code] of Object.entries(ErrorCode)) t.equal(errorName(code), name)
  t.equal(errorName(999), 'error 999')
})

await t.test('a view tells its key as ASCII, and the last header of a name', async t => {
  const one = { ...plain('v', 'device-1'), headers: [['event', 'first'], ['other', 'x']] as Array<[string, string]> }
  const batch = await kafkajsBatch([one, plain('w', null)])
  const seen: unknown[] = []
  walkBatches(batch, 0, batch.length, 0, [], {
    record: (r) => seen.push(r.asciiKey(), r.header('event'), r.header('none')),
    undecodable: () => t.fail()
  })
  t.strictSame(seen, ['device-1', 'first', undefined, '', undefined, undefined])
})

await t.test('a header may come twice, or have no value', async t => {
  const view = new RecordView()
  view.buffer = Buffer.from([2, 0x61, 2, 0x31, 2, 0x61, 2, 0x32, 2, 0x61, 1, 2, 0x62, 1])
  view.headerCount = 4
  view.end = view.buffer.length
  t.equal(view.header('a'), '2')
  t.equal(view.header('b'), undefined)
  t.strictSame([...view.headers()].map(([, value]) => value?.toString() ?? null), ['1', '2', null, null])
  view.end -= 1
  t.throws(() => [...view.headers()], new RangeError('a header is longer than its record'))
})

await t.test('other headers may be read while some are', async t => {
  const view = new RecordView()
  view.buffer = Buffer.from([2, 0x61, 2, 0x31, 2, 0x62, 2, 0x32])
  view.headerCount = 2
  view.end = view.buffer.length
  const seen: string[] = []
  for (const [name] of view.headers()) seen.push(`${name}${view.header('b')}`)
  t.strictSame(seen, ['a2', 'b2'])
})
