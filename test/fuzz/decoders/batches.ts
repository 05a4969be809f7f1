import { gzipSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compress as snappy } from 'snappyjs'
import { ATTRIBUTES, BATCH_HEADER_BYTES, batchBytes, CRC } from '../../../src/wire/batch.ts'
import { batchesEnd, batchOf, walkBatches } from '../../../src/wire/batch-walk.ts'
import { crc32c } from '../../../src/wire/crc32c.ts'
import type { RecordView } from '../../../src/wire/record-view.ts'
import type { Random } from '../../ledger/random.ts'
import { BASE_MS, kafkajsBatch, marker, plain, remade } from '../../wire/batches.ts'
import { Finding, must, type Kind } from '../kind.ts'
import { mutate } from '../mutate.ts'

const ABORTED = [{ producerId: 7n, firstOffset: 2 }]
const base = await kafkajsBatch([
  { key: Buffer.from('device-1'), value: Buffer.from('{"c":21.5}'), timeMs: BASE_MS, headers: [['event', 'température'], ['content-type', 'text/plain']] },
  { key: null, value: null, timeMs: BASE_MS + 300_000, headers: [] },
  plain('v'.repeat(200))
], { baseOffset: 3 })
const body = base.subarray(BATCH_HEADER_BYTES)
const GZIP = 1
const SNAPPY = 2
const LZ4 = 3
const ZSTD = 4
const zstd = Buffer.from('KLUv/WTQAc0AAJB0ZW1wZXJhdHVyZSAyMS41LCABAHZVNcN24f5u', 'base64')
const batches = [
  base, base, base,
  remade(base, { attributes: GZIP, body: gzipSync(body) }),
  remade(base, { attributes: SNAPPY, body: snappy(body) }),
  remade(base, { attributes: LZ4, body: compressFrameSync(body) }),
  remade(base, { attributes: ZSTD, body: zstd }),
  await kafkajsBatch([plain('of a transaction')], { baseOffset: 6, producerId: 7, transactional: true }),
  await marker('abort', 7, 7)
]

/** Kafka's batches, walked as they are and with a checksum that fits, so that what is wrong gets further in. */
export const recordBatches: Kind = {
  name: 'record batches',
  share: 15,
  draw: (random) => Buffer.concat(Array.from({ length: random.int(1, 3) }, () => one(random))),
  check: (input) => {
    walked(input)
    walked(mended(input))
  }
}

function one (random: Random): Buffer {
  const batch = random.pick(batches)
  return random.chance(0.5) ? batch : remade(batch, { body: mutate(batch.subarray(BATCH_HEADER_BYTES), random) })
}

function mended (input: Buffer): Buffer {
  if (input.length < BATCH_HEADER_BYTES) return input
  const end = batchBytes(input, 0)
  if (end < BATCH_HEADER_BYTES || end > input.length) return input
  const copy = Buffer.from(input)
  copy.writeUInt32BE(crc32c(copy, ATTRIBUTES, end), CRC)
  return copy
}

function walked (input: Buffer): void {
  let wrong: Error | undefined // what a sink throws is taken for a batch that cannot be decoded
  const record = (view: RecordView): void => {
    try {
      lookAt(view)
    } catch (error) {
      wrong ??= error as Error
    }
  }
  try {
    const next = walkBatches(input, 0, input.length, 1, ABORTED, { record, undecodable: (from, to) => { if (!(to >= from)) wrong ??= new Finding(`undecodable from ${from} to ${to}`) } })
    must(next >= 1, `it goes on at ${next}`)
    batchesEnd(input, 0, input.length, 1)
    batchOf(input, 0, input.length, 5)
  } catch (error) {
    if ((error as Error).message !== 'a record batch is shorter than its header') throw error
  }
  if (wrong !== undefined) throw wrong
}

function lookAt (view: RecordView): void {
  const { buffer, end, headersAt } = view
  must(end <= buffer.length && headersAt <= end, 'a record beyond its batch')
  for (const part of [view.key(), view.value()]) if (part !== null) must(part.byteOffset + part.length <= buffer.byteOffset + end, 'a field beyond its record')
  try {
    view.header('event')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}
