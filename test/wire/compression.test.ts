import { gzipSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compress as snappy } from 'snappyjs'
import t from 'tap'
import { BATCH_HEADER_BYTES } from '../../src/wire/batch.ts'
import { decompress, plainUnzstd } from '../../src/wire/compression.ts'
import { kafkajsBatch, plain, remade, values, walk } from './batches.ts'

const [NONE, GZIP, SNAPPY, LZ4, ZSTD] = [0, 1, 2, 3, 4]
const text = Buffer.from('temperature 21.5, '.repeat(40))
/** `zstd -19` made this of `text`; Node 20 has no zstd of its own. */
const zstdText = Buffer.from('KLUv/WTQAc0AAJB0ZW1wZXJhdHVyZSAyMS41LCABAHZVNcN24f5u', 'base64')

/** As snappy-java frames its blocks. */
function xerial (bytes: Buffer, blockBytes: number): Buffer {
  const parts = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])]
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = snappy(bytes.subarray(at, at + blockBytes))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, Buffer.from(block))
  }
  return Buffer.concat(parts)
}

/** A zstd frame without a size in its header; each of its blocks says: one byte, 128 KiB times. */
function zstdBomb (blocks: number): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])
  const block = (last: boolean): number[] => {
    const word = (128 * 1024) << 3 | 1 << 1 | Number(last)
    return [word & 0xff, word >> 8 & 0xff, word >> 16, 0]
  }
  return Buffer.concat([header, ...Array.from({ length: blocks }, (_, n) => Buffer.from(block(n === blocks - 1)))])
}

/** The same bytes as a zstd frame of one raw block. */
function zstdRaw (bytes: Buffer): Buffer {
  const word = bytes.length << 3 | 1
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0xa0, bytes.length & 0xff, bytes.length >> 8 & 0xff, 0, 0]
  return Buffer.concat([Buffer.from([...header, word & 0xff, word >> 8 & 0xff, word >> 16]), bytes])
}

const forms: Array<[name: string, codec: number, compressed: (bytes: Buffer) => Uint8Array]> = [
  ['none', NONE, (bytes) => bytes],
  ['gzip', GZIP, (bytes) => gzipSync(bytes)],
  ['raw snappy', SNAPPY, (bytes) => snappy(bytes)],
  ['snappy in blocks', SNAPPY, (bytes) => xerial(bytes, 100)],
  ['snappy of one block', SNAPPY, (bytes) => xerial(bytes, 1 << 16)],
  ['lz4', LZ4, (bytes) => compressFrameSync(bytes)],
  ['zstd', ZSTD, zstdRaw]
]
const batch = await kafkajsBatch([plain('a'), plain('b'.repeat(2000)), plain('c')], { baseOffset: 3 })

for (const [name, codec, compressed] of forms) {
  await t.test(`${name}: bytes, and a batch`, async t => {
    t.ok(decompress(codec, Buffer.from(compressed(text))).equals(text))
    const body = compressed(batch.subarray(BATCH_HEADER_BYTES))
    t.strictSame(walk(remade(batch, { attributes: codec, body }), 4), walk(batch, 4))
  })
}

await t.test('zstd as its own program writes it, by Node or without', async t => {
  t.ok(decompress(ZSTD, zstdText).equals(text))
  t.ok(plainUnzstd(zstdText, { maxOutputLength: text.length }).equals(text))
})

await t.test('what becomes too large is stopped', async t => {
  const large = Buffer.alloc(3_000_000)
  const bombs: Array<[string, number, Uint8Array]> = [
    ['gzip', GZIP, gzipSync(large)],
    ['raw snappy', SNAPPY, snappy(large)],
    ['snappy in blocks', SNAPPY, xerial(large, 100_000)],
    ['zstd', ZSTD, zstdBomb(24)]
  ]
  for (const [name, codec, bytes] of bombs) {
    t.ok(bytes.length < 200_000)
    t.throws(() => decompress(codec, Buffer.from(bytes), 1_000_000), Error, name)
    t.ok(decompress(codec, Buffer.from(bytes), 4_000_000).length >= 3_000_000, `${name}, where it is let`)
  }
  t.throws(() => plainUnzstd(zstdBomb(10_000), { maxOutputLength: 1_000_000 }), new RangeError('a zstd frame takes more than 1000000 bytes'))
  const lz4 = compressFrameSync(large)
  t.ok(decompress(LZ4, lz4).length <= 255 * lz4.length, 'lz4 is bounded by its format')
})

await t.test('a bomb in a batch is told, and passed over', async t => {
  const bomb = remade(batch, { attributes: SNAPPY, body: Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0]) })
  const behind = await kafkajsBatch([plain('behind')], { baseOffset: 6 })
  const walked = walk(Buffer.concat([bomb, behind]))
  t.match(walked.undecodable, [[3, 5, /too big/]])
  t.strictSame(values(walked), ['behind'])
})

await t.test('malformed bytes throw, whatever their codec', async t => {
  for (const codec of [GZIP, SNAPPY, LZ4, ZSTD]) {
    for (const bytes of ['', 'ff', '00ff00ff00ff', '1f8b0800', '28b52ffd00580400', '04224d18']) {
      t.throws(() => {
        const out = decompress(codec, Buffer.from(bytes, 'hex'))
        if (out.length === 0) throw new Error('nothing came of it')
      }, Error, `${codec} ${bytes}`)
    }
  }
  t.throws(() => decompress(5, text), new RangeError('compression 5 is unknown'))
})

await t.test('snappy blocks that are cut short, or have no sensible length', async t => {
  const whole = xerial(text, 200)
  t.throws(() => decompress(SNAPPY, whole.subarray(0, -1)), new RangeError('a snappy block is cut short'))
  const negative = Buffer.from(whole)
  negative.writeInt32BE(-5, 16)
  t.throws(() => decompress(SNAPPY, negative), new RangeError('a snappy block is cut short'))
  t.throws(() => decompress(SNAPPY, Buffer.concat([whole, Buffer.from([0])])), RangeError)
  t.equal(decompress(SNAPPY, whole.subarray(0, 16)).length, 0)
})
