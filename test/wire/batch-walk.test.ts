import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { batchesEnd } from '../../src/wire/batch-walk.ts'
import { MAGIC } from '../../src/wire/batch.ts'
import { BASE_MS, kafkajsBatch, plain, plainRecords, remade, values, walk } from './batches.ts'

const three = await kafkajsBatch([plain('a'), plain('b'), plain('c')], { baseOffset: 10 })
const two = await kafkajsBatch([plain('d'), plain('e')], { baseOffset: 13 })

for (const [name, compression] of [['uncompressed', 0], ['gzip', 1]] as const) {
  await t.test(`what kafkajs wrote is read as it was, ${name}`, async t => {
    await t.resolves(fc.assert(fc.asyncProperty(plainRecords, fc.integer({ min: 0, max: 2 ** 40 }), async (records, baseOffset) => {
      const batch = await kafkajsBatch(records, { baseOffset, compression })
      const walked = walk(batch)
      assert.deepEqual(walked.undecodable, [])
      assert.equal(walked.next, baseOffset + records.length)
      assert.deepEqual(walked.records, records.map((record, n) =>
        ({ offset: baseOffset + n, ...record, headers: record.headers.map(([key, value]) => [key, Buffer.from(value).toString()]) })))
    }), { numRuns: 60 }))
  })
}

await t.test('batches follow each other, and the walk keeps to its part of the buffer', async t => {
  const around = Buffer.concat([Buffer.from('junk'), three, two, three])
  const walked = walk(around, 0, [], 4, 4 + three.length + two.length)
  t.strictSame(values(walked), ['a', 'b', 'c', 'd', 'e'])
  t.equal(walked.next, 15)
})

await t.test('records before the wanted one are skipped', async t => {
  for (let wanted = 10; wanted <= 15; wanted++) {
    const walked = walk(Buffer.concat([three, two]), wanted)
    t.strictSame(values(walked), ['a', 'b', 'c', 'd', 'e'].slice(wanted - 10))
    t.equal(walked.next, 15)
  }
})

await t.test('offsets that compaction took from the end of a batch are passed', async t => {
  t.equal(walk(await kafkajsBatch([plain('a')], { baseOffset: 5, lastOffsetDelta: 9 }), 5).next, 15)
  t.equal(walk(await kafkajsBatch([], { baseOffset: 5, lastOffsetDelta: 9 }), 5).next, 15, 'also where no record is left')
})

await t.test('a batch that is cut off at the end is left alone', async t => {
  const whole = Buffer.concat([three, two])
  for (let end = three.length; end < whole.length; end++) {
    const walked = walk(whole, 10, [], 0, end)
    t.strictSame(values(walked), ['a', 'b', 'c'])
    t.strictSame([walked.next, walked.undecodable], [13, []])
  }
  t.strictSame(walk(whole, 10, [], 0, three.length - 1), { next: 10, records: [], undecodable: [] })
})

await t.test('LogAppendTime stamps every record of a batch alike', async t => {
  const stamped = remade(await kafkajsBatch([plain('a', 'k', BASE_MS), plain('b', 'k', BASE_MS + 7)]), { attributes: 8, maxMs: BASE_MS + 5000 })
  t.strictSame(walk(stamped).records.map(({ timeMs }) => timeMs), [BASE_MS + 5000, BASE_MS + 5000])
})

await t.test('control batches are not handed on, transaction or not', async t => {
  const control = remade(three, { attributes: 0x20 })
  t.strictSame(walk(Buffer.concat([control, two]), 10), { ...walk(two, 13), next: 15 })
})

await t.test('what cannot be decoded is told with its offsets, and passed over', async t => {
  const old = Buffer.from(three)
  old[MAGIC] = 1
  t.strictSame(walk(Buffer.concat([old, two]), 10), { ...walk(two), undecodable: [[10, 12, 'its format is version 1; only version 2 is read']] })
  const damaged = Buffer.from(three)
  damaged[damaged.length - 1] = 0xff
  t.strictSame(walk(Buffer.concat([damaged, two]), 10), { ...walk(two), undecodable: [[10, 12, 'its checksum does not match']] })
  t.strictSame(walk(Buffer.concat([remade(three, { attributes: 5 }), two]), 10), { ...walk(two), undecodable: [[10, 12, 'compression 5 is unknown']] })
})

await t.test('a broken batch that says that it ends before what was wanted is passed all the same', async t => {
  const damaged = Buffer.from(three)
  damaged.writeInt32BE(-40, 23)
  t.strictSame(walk(damaged, 11), { next: 12, records: [], undecodable: [[10, 11, 'its checksum does not match']] })
})

await t.test('a length that no batch can have is a RangeError: what follows cannot be found', async t => {
  for (const length of [-1, 0, 48, -0x8000_0000]) {
    const broken = Buffer.from(three)
    broken.writeInt32BE(length, 8)
    const error = new RangeError('a record batch is shorter than its header')
    t.throws(() => walk(broken), error)
    t.throws(() => batchesEnd(broken, 0, broken.length, 10), error)
  }
})
