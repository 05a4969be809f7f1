import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import type { Kafka } from 'kafkajs'
import { compressFrameSync } from 'lz4-napi'
import { compress as snappy } from 'snappyjs'

/** Another program on the same Kafka. */
export function foreign (brokers: string): Kafka {
  return new kafkajs.Kafka({ clientId: 'foreign', brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 12 } })
}

type Codec = (bytes: Buffer) => Uint8Array

const zstd = (zlib as { zstdCompressSync?: Codec }).zstdCompressSync ?? zstdRaw

/** A zstd frame of one raw block, for a Node that cannot compress. */
function zstdRaw (bytes: Buffer): Buffer {
  const word = bytes.length << 3 | 1
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, bytes.length & 0xff, bytes.length >> 8, 0, 0, word & 0xff, word >> 8 & 0xff, word >> 16]), bytes])
}

const { Codecs } = createRequire(import.meta.url)('kafkajs/src/protocol/message/compression') as { Codecs: Record<number, () => unknown> }
const codecs: Array<[id: number, codec: Codec]> = [[2, snappy], [3, compressFrameSync], [4, zstd]]
for (const [id, compress] of codecs) {
  Codecs[id] = () => ({ compress: async ({ buffer }: { buffer: Buffer }) => Buffer.from(compress(buffer)) })
}

export const COMPRESSIONS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
