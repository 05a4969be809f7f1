import fc from 'fast-check'
import { ATTRIBUTES, BATCH_HEADER_BYTES, BATCH_LENGTH, CRC, LENGTH_PREFIX, MAX_TIMESTAMP, writeInt64 } from '../../src/wire/batch.ts'
import { walkBatches, type Aborted } from '../../src/wire/batch-walk.ts'
import { crc32c } from '../../src/wire/crc32c.ts'
import { encodeBatch, encodeRecord } from './kafkajs.ts'

export interface Plain {
  key: Buffer | null
  value: Buffer | null
  timeMs: number
  headers: Array<[name: string, value: string]>
}

export const BASE_MS = 1_790_000_000_000

const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))
const text = fc.string({ unit: 'binary', maxLength: 20 })

/** Names are unique and do not look like integers, so that the object in which kafkajs keeps them keeps their order. */
const headers = fc.uniqueArray(fc.tuple(text.map((name) => `h${name}`), text), { maxLength: 5, selector: ([name]) => name })
const times = fc.oneof(fc.integer({ min: -1000, max: 100_000 }), fc.integer({ min: -BASE_MS, max: 10_000_000_000_000 }))

export const plainRecord: fc.Arbitrary<Plain> = fc.record({
  key: fc.option(bytes(200)),
  value: fc.option(bytes(300)),
  timeMs: times.map((delta) => BASE_MS + delta),
  headers
})
export const plainRecords = fc.array(plainRecord, { minLength: 1, maxLength: 20 })

export interface BatchOptions {
  baseOffset?: number
  compression?: number
  producerId?: number
  transactional?: boolean
  lastOffsetDelta?: number
}

/** A batch as kafkajs writes it. */
export async function kafkajsBatch (records: readonly Plain[], options: BatchOptions = {}): Promise<Buffer> {
  const { baseOffset = 0, compression = 0, producerId = -1, transactional = false, lastOffsetDelta = records.length - 1 } = options
  const firstTimestamp = records[0]?.timeMs ?? 0
  const encoded = await encodeBatch({
    compression,
    firstOffset: String(baseOffset),
    firstTimestamp,
    maxTimestamp: records.reduce((most, { timeMs }) => Math.max(most, timeMs), 0),
    lastOffsetDelta,
    transactional,
    producerId: String(producerId),
    records: records.map(({ key, value, timeMs, headers }, offsetDelta) =>
      encodeRecord({ key, value, offsetDelta, timestampDelta: timeMs - firstTimestamp, headers: Object.fromEntries(headers) }))
  })
  return Buffer.from(encoded.buffer)
}

export function plain (value: string, key: string | null = 'device-1', timeMs = BASE_MS): Plain {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from(value), timeMs, headers: [] }
}

/** The batch with other attributes or another body, and the length and checksum that go with them. */
export function remade (batch: Buffer, { attributes, body, maxMs }: { attributes?: number, body?: Uint8Array, maxMs?: number }): Buffer {
  const made = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), body ?? batch.subarray(BATCH_HEADER_BYTES)])
  made.writeInt32BE(made.length - LENGTH_PREFIX, BATCH_LENGTH)
  if (attributes !== undefined) made.writeInt16BE(attributes, ATTRIBUTES)
  if (maxMs !== undefined) writeInt64(made, maxMs, MAX_TIMESTAMP)
  made.writeUInt32BE(crc32c(made, ATTRIBUTES, made.length), CRC)
  return made
}

/** A transaction's marker, as the coordinator writes it. */
export async function marker (kind: 'abort' | 'commit', producerId: number, baseOffset: number): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  const batch = await kafkajsBatch([{ ...plain(''), key, value: Buffer.alloc(6) }], { baseOffset, producerId })
  return remade(batch, { attributes: 0x30 })
}

export interface Seen extends Plain { offset: number }

export interface Walked { next: number, records: Seen[], undecodable: Array<[from: number, to: number, reason: string]> }

/** What a walk hands on, copied. */
export function walk (buffer: Buffer, wanted = 0, aborted: readonly Aborted[] = [], at = 0, end = buffer.length): Walked {
  const records: Seen[] = []
  const undecodable: Walked['undecodable'] = []
  const next = walkBatches(buffer, at, end, wanted, aborted, {
    record: (record) => {
      const headers = [...record.headers()].map(([name, value]): [string, string] => [name, String(value)])
      records.push({ offset: record.offset, key: copy(record.key()), value: copy(record.value()), timeMs: record.timeMs, headers })
    },
    undecodable: (from, to, reason) => undecodable.push([from, to, reason])
  })
  return { next, records, undecodable }
}

export function values ({ records }: Walked): string[] { return records.map(({ value }) => String(value)) }

function copy (view: Buffer | null): Buffer | null { return view === null ? null : Buffer.from(view) }
