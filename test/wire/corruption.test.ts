import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BATCH_HEADER_BYTES, BATCH_LENGTH, LEADER_EPOCH, MAGIC } from '../../src/wire/batch.ts'
import { RecordView, walkRecords } from '../../src/wire/record-view.ts'
import { BASE_MS, kafkajsBatch, plain, remade, values, walk, type Plain } from './batches.ts'

const rich: Plain[] = [
  { key: Buffer.from('device-1'), value: Buffer.from('{"c":21.5}'), timeMs: BASE_MS, headers: [['event', 'température'], ['content-type', 'text/plain']] },
  { key: null, value: null, timeMs: BASE_MS + 300_000, headers: [] },
  { key: Buffer.from('device-2'), value: Buffer.alloc(200, 'v'), timeMs: BASE_MS - 5, headers: [['x', '']] }
]
const before = await kafkajsBatch([plain('before')], { baseOffset: 9 })
const middle = await kafkajsBatch(rich, { baseOffset: 10 })
const behind = await kafkajsBatch([plain('behind')], { baseOffset: 13 })
const unbroken = values(walk(middle))

await t.test('any one wrong byte of a batch: neighbours stay whole, and nothing wrong is handed on', async t => {
  const inPlace = Buffer.concat([before, middle, behind])
  let told = 0
  for (let at = 0; at < middle.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const place = before.length + at
      const right = inPlace[place] as number
      inPlace[place] = right ^ flip
      if (at >= BATCH_LENGTH && at < LEADER_EPOCH) {
        // Where the next batch begins cannot be known: the walk stops, or says so, or tells what it finds there.
        try {
          assert.equal(values(walk(inPlace, 9))[0], 'before')
        } catch (error) {
          assert.equal((error as Error).message, 'a record batch is shorter than its header')
        }
      } else {
        const walked = walk(inPlace, 9)
        const handedOn = values(walked)
        assert.equal(handedOn.at(0), 'before')
        assert.equal(handedOn.at(-1), 'behind')
        const between = handedOn.slice(1, -1)
        if (at >= MAGIC) {
          assert.deepEqual(between, [])
          assert.equal(walked.undecodable.length, 1)
          assert.equal(walked.next, 14)
          told++
        } else assert.ok(between.length === 0 || String(between) === String(unbroken), 'the base offset and the leader epoch are under no checksum')
      }
      inPlace[place] = right
    }
  }
  t.equal(told, 3 * (middle.length - MAGIC))
})

await t.test('any one wrong byte of the records under a right checksum: no record reaches beyond its batch', async t => {
  let tried = 0
  for (let at = BATCH_HEADER_BYTES; at < middle.length; at++) {
    for (const flip of [0x01, 0x40, 0x80, 0xff]) {
      const body = Buffer.from(middle.subarray(BATCH_HEADER_BYTES))
      body[at - BATCH_HEADER_BYTES] = (body[at - BATCH_HEADER_BYTES] as number) ^ flip
      const wrong = Buffer.concat([remade(middle, { body }), behind])
      const { records, undecodable, next } = walk(wrong, 10)
      assert.equal(next, 14)
      assert.equal(String(records.at(-1)?.value), 'behind')
      assert.ok(undecodable.length <= 1)
      for (const { key, value } of records) assert.ok((key?.length ?? 0) + (value?.length ?? 0) < body.length)
      tried++
    }
  }
  t.equal(tried, 4 * (middle.length - BATCH_HEADER_BYTES))
})

await t.test('any bytes at all are records, or a RangeError', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 0, max: 5 }), (inside, outside, count) => {
    const buffer = Buffer.concat([inside, outside])
    try {
      walkRecords(new RecordView(), buffer, 0, inside.length, count, 0, 0, -Infinity, (record) => {
        for (const part of [record.key(), record.value()]) if (part !== null) assert.ok(part.byteOffset + part.length <= buffer.byteOffset + inside.length)
        for (const [, value] of record.headers()) if (value !== null) assert.ok(value.byteOffset + value.length <= buffer.byteOffset + inside.length)
      })
    } catch (error) {
      assert.ok(error instanceof RangeError)
    }
  }), { numRuns: 3000 }))
})

/** One record whose body is these bytes, in a batch of its own. */
async function bodied (...body: number[]) {
  return walk(remade(await kafkajsBatch([plain('')]), { body: Buffer.from([body.length * 2, ...body]) }))
}

const cases: Array<[what: string, body: number[], reason: string]> = [
  ['a varint that is cut short', [0, 0, 0x80], 'a varint is longer than five bytes'],
  ['a varint of six bytes', [0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 'a varint is longer than five bytes'],
  ['a varlong that is cut short', [0, 0x80, 0x80], 'a varlong is longer than ten bytes'],
  ['a varlong of eleven bytes', [0, ...Array<number>(10).fill(0x80), 1, 0, 1, 1, 0], 'a varlong is longer than ten bytes'],
  ['a key that is longer than its record', [0, 0, 0, 40, 1, 1, 0], 'a varint is longer than five bytes'],
  ['a value that is longer than its record', [0, 0, 0, 1, 10, 0], 'a varint is longer than five bytes'],
  ['a count of headers beyond the end', [0, 0, 0, 1, 2, 0x30], 'a varint is longer than five bytes']
]
for (const [what, body, reason] of cases) {
  await t.test(what, async t => {
    t.strictSame(await bodied(...body), { next: 1, records: [], undecodable: [[0, 0, reason]] })
  })
}

await t.test('fields that reach beyond their record into the next', async t => {
  const body = Buffer.from([6 * 2, 0, 0, 0, 1, 8, 1, 12, 0, 0, 2, 1, 1, 0])
  const walked = walk(remade(await kafkajsBatch([plain(''), plain('')]), { body }))
  t.strictSame(walked, { next: 2, records: [], undecodable: [[0, 1, 'a field is longer than its record']] })
})

await t.test('a record of no length, of too much, or too few records', async t => {
  const batch = await kafkajsBatch([plain('')])
  for (const body of [[0], [1], [40, 0], []]) {
    const { records, undecodable } = walk(remade(batch, { body: Buffer.from(body) }))
    t.strictSame([records, undecodable.length], [[], 1])
  }
})

await t.test('headers that end nowhere', async t => {
  for (const headers of [[2, 1], [2, 4, 0x61], [2, 2, 0x61, 8, 0x61], [2, 2, 0x61], [4, 2, 0x61, 1]]) {
    const { records, undecodable } = await bodied(0, 0, 0, 1, 1, ...headers)
    t.strictSame([records, undecodable.length], [[], 1], String(headers))
  }
})
