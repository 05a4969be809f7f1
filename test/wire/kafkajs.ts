/** kafkajs' own codec, which these tests hold ours against. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export interface Encoder { buffer: Buffer, size: () => number }

export interface RecordFields {
  offsetDelta?: number
  timestampDelta?: number
  key: Buffer | string | null
  value: Buffer | string | null
  headers?: Record<string, Buffer | string | Array<Buffer | string>>
}

export interface BatchFields {
  compression?: number
  firstOffset?: string
  firstTimestamp?: number
  maxTimestamp?: number
  lastOffsetDelta?: number
  transactional?: boolean
  producerId?: string
  producerEpoch?: number
  firstSequence?: number
  records: Encoder[]
}

export interface DecodedRecord {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer | Buffer[]>
  isControlRecord: boolean
}

export interface DecodedBatch {
  firstOffset: string
  lastOffsetDelta: number
  firstTimestamp: string
  maxTimestamp: string
  producerId: string
  producerEpoch: number
  firstSequence: number
  inTransaction: boolean
  records: DecodedRecord[]
}

export interface Request { encode: () => Promise<Encoder> }

export const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (fields: RecordFields) => Encoder
export const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch: (fields: BatchFields) => Promise<Encoder> }
export const produceRequest = require('kafkajs/src/protocol/requests/produce/v7/request') as (options: unknown) => Request
export const fetchRequest = require('kafkajs/src/protocol/requests/fetch/v11/request') as (options: unknown) => Request
export const listOffsetsRequest = require('kafkajs/src/protocol/requests/listOffsets/v1/request') as (options: unknown) => Request
export const produceResponse = require('kafkajs/src/protocol/requests/produce/v7/response') as { decode: (bytes: Buffer) => Promise<unknown> }
export const fetchResponse = require('kafkajs/src/protocol/requests/fetch/v11/response') as { decode: (bytes: Buffer) => Promise<unknown> }

const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<DecodedBatch>

export function decodeBatch (bytes: Buffer): Promise<DecodedBatch> { return decode(new Decoder(bytes)) }

const KafkaEncoder = require('kafkajs/src/protocol/encoder') as {
  new (): { writeVarInt: (value: number) => Encoder, writeVarLong: (value: number) => Encoder }
  sizeOfVarInt: (value: number) => number
  sizeOfVarLong: (value: number) => number
}

export function varInt (value: number): Buffer { return new KafkaEncoder().writeVarInt(value).buffer }
export function varLong (value: number): Buffer { return new KafkaEncoder().writeVarLong(value).buffer }
