import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from '../../src/wire/varint.ts'
import { BATCH_HEADER_BYTES } from '../../src/wire/batch.ts'
import { BatchWriter } from '../../src/wire/batch-writer.ts'
import { HeaderBlock } from '../../src/wire/header-block.ts'
import { kafkajsBatch, plain, remade, walk } from './batches.ts'
import { varInt, varLong } from './kafkajs.ts'

/** Around every place where a varint grows by a byte, up to `bits`. */
function edges (bits: number): number[] {
  const found = new Set([0])
  for (let power = 6; power < bits; power++) for (const near of [-1, 0, 1]) found.add(2 ** power + near).add(-(2 ** power) + near)
  return [...found]
}

function written (write: (buffer: Uint8Array, value: number, at: number) => number, value: number): Buffer {
  const buffer = Buffer.alloc(14, 0xee)
  const end = write(buffer, value, 2)
  assert.ok(buffer.subarray(0, 2).every((byte) => byte === 0xee) && buffer.subarray(end).every((byte) => byte === 0xee))
  return buffer.subarray(2, end)
}

const MIN = -0x8000_0000
const MAX = 0x7fff_ffff

await t.test('varints are the bytes that kafkajs writes', async t => {
  const agrees = (value: number): void => {
    const bytes = written(writeVarint, value)
    assert.deepEqual(bytes, varInt(value), String(value))
    assert.equal(varintBytes(value), bytes.length)
  }
  t.doesNotThrow(() => [...edges(31), MIN, MAX].forEach(agrees))
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer(), agrees)))
})

await t.test('varlongs too, as far as a safe integer goes', async t => {
  const agrees = (value: number): void => {
    const bytes = written(writeVarlong, value)
    assert.deepEqual(bytes, varLong(value), String(value))
    assert.equal(varlongBytes(value), bytes.length)
  }
  t.doesNotThrow(() => [...edges(53), MIN, MAX].forEach(agrees))
  t.doesNotThrow(() => fc.assert(fc.property(fc.maxSafeInteger(), agrees)))
})

await t.test('times at every edge are read as they were written', async t => {
  for (const delta of edges(52)) {
    const record = { ...plain('v'), headers: [] }
    const batch = await kafkajsBatch([{ ...record, timeMs: 0 }, { ...record, timeMs: delta }])
    assert.deepEqual(walk(batch).records.map(({ timeMs }) => timeMs), [0, delta])
    const writer = new BatchWriter()
    for (const timeMs of [0, delta]) writer.append(timeMs, Buffer.from('device-1'), Buffer.from('v'), 0, 1, new HeaderBlock())
    assert.deepEqual(writer.seal({ id: -1n, epoch: -1 }, -1).subarray(BATCH_HEADER_BYTES), batch.subarray(BATCH_HEADER_BYTES))
  }
  t.pass()
})

await t.test('offset deltas at every edge', async t => {
  for (const delta of [...edges(30), MAX]) {
    if (delta < 0) continue
    const fields = Buffer.concat([Buffer.from([0, 0]), varInt(delta), Buffer.from([1, 1, 0])])
    const batch = await kafkajsBatch([plain('')], { lastOffsetDelta: delta, baseOffset: 2 ** 40 })
    const { records, next } = walk(remade(batch, { body: Buffer.concat([varInt(fields.length), fields]) }))
    assert.deepEqual([records[0]?.offset, next], [2 ** 40 + delta, 2 ** 40 + delta + 1])
  }
  t.pass()
})
