import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { ApiName } from '../../src/devkafka/api-keys.ts'
import { apiKey } from '../../src/devkafka/api-keys.ts'
import { batchBytes, BATCH_HEADER_BYTES } from '../../src/wire/batch.ts'
import { errorName } from '../../src/wire/errors.ts'
import { Reader } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'

/** Sends requests as they are given and hands out answers in the order in which they come. */
export class RawClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  #bytes = Buffer.alloc(0)
  #answers: Buffer[] = []
  #waiting: Array<(answer: Buffer) => void> = []
  #correlation = 0

  private constructor (socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {}).on('data', (chunk) => this.#take(chunk))
  }

  static async connect (address: string): Promise<RawClient> {
    const [host = '', port = ''] = address.split(':')
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  send (key: number, version: number, body: Buffer): void {
    const head = new Writer().int32(0).int16(key).int16(version).int32(++this.#correlation).string('raw')
    const frame = head.raw(body).finish()
    frame.writeInt32BE(frame.length - 4, 0)
    this.socket.write(frame)
  }

  /** The body of the next answer. */
  async answer (): Promise<Reader> {
    const bytes = this.#answers.shift() ?? await new Promise<Buffer>((resolve) => this.#waiting.push(resolve))
    return new Reader(bytes, 4)
  }

  request (api: ApiName, version: number, write: (body: Writer) => unknown = () => {}): Promise<Reader> {
    const body = new Writer()
    write(body)
    this.send(apiKey(api), version, body.finish())
    return this.answer()
  }

  close (): void { this.socket.destroy() }

  #take (chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE(0)) {
      const end = 4 + this.#bytes.readInt32BE(0)
      const answer = this.#bytes.subarray(4, end)
      this.#bytes = this.#bytes.subarray(end)
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#answers.push(answer)
      else waiting(answer)
    }
  }
}

export interface Produced { readonly error: string, readonly base: number }

export interface ProduceOptions { readonly acks?: number, readonly transactionalId?: string | null }

/** Produces to partition 0 of a topic. */
export async function produce (client: RawClient, topic: string, records: Buffer, options: ProduceOptions = {}): Promise<Produced> {
  const answer = await client.request('Produce', 7, produceBody(topic, records, options))
  answer.int32()
  answer.string()
  answer.skip(8) // one partition, number 0
  return { error: errorName(answer.int16()), base: answer.int64() }
}

export function produceBody (topic: string, records: Buffer, { acks = -1, transactionalId = null }: ProduceOptions = {}): (body: Writer) => unknown {
  return (body) => body.string(transactionalId).int16(acks).int32(10_000)
    .array([topic], (w, name) => w.string(name).array([0], (p, index) => p.int32(index).bytes(records)))
}

export interface FetchOptions {
  readonly offset?: number
  readonly index?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionBytes?: number
  readonly committedOnly?: boolean
}

export interface Fetched {
  readonly error: string
  readonly highWatermark: number
  readonly lastStable: number
  readonly start: number
  readonly aborted: Array<{ producerId: number, first: number }> | undefined
  readonly records: Buffer
}

/** Fetches one partition of each topic. */
export async function fetch (client: RawClient, topics: string[], options: FetchOptions = {}): Promise<Fetched[]> {
  const { offset = 0, index = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20, partitionBytes = 1 << 20, committedOnly = false } = options
  const answer = await client.request('Fetch', 11, (body) => body.int32(-1).int32(maxWaitMs).int32(minBytes).int32(maxBytes)
    .int8(committedOnly ? 1 : 0).int32(0).int32(-1)
    .array(topics, (w, name) => w.string(name).array([index], (p) => p.int32(index).int32(-1).int64(offset).int64(-1).int32(partitionBytes)))
    .array([], () => {}).string(''))
  answer.skip(10)
  return answer.array((t) => {
    t.string()
    t.skip(8) // one partition and its number
    const fetched = {
      error: errorName(t.int16()),
      highWatermark: t.int64(),
      lastStable: t.int64(),
      start: t.int64(),
      aborted: t.nullableArray((a) => ({ producerId: a.int64(), first: a.int64() }))
    }
    t.int32() // preferred replica
    return { ...fetched, records: t.bytes() }
  })
}

export async function fetchOne (client: RawClient, topic: string, options: FetchOptions = {}): Promise<Fetched> {
  const [fetched] = await fetch(client, [topic], options)
  if (fetched === undefined) throw new Error('no topic in the answer')
  return fetched
}

/** The whole batches among what was fetched; the last may be cut. */
export function wholeBatches (records: Buffer): Buffer[] {
  const batches: Buffer[] = []
  let at = 0
  while (records.length - at >= BATCH_HEADER_BYTES && at + batchBytes(records, at) <= records.length) {
    batches.push(records.subarray(at, at + batchBytes(records, at)))
    at += batchBytes(records, at)
  }
  return batches
}

/** Whether a real coordinator that has just started, or still ends the transaction before, wants to be asked again. */
export function askAgain (error: string): boolean {
  return ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS'].includes(error)
}

export async function initProducerId (client: RawClient, transactionalId: string | null = null): Promise<{ error: string, producerId: number, epoch: number }> {
  for (;;) {
    if (transactionalId !== null) await client.request('FindCoordinator', 1, (body) => body.string(transactionalId).int8(1))
    const answer = await client.request('InitProducerId', 1, (body) => body.string(transactionalId).int32(60_000))
    answer.int32()
    const made = { error: errorName(answer.int16()), producerId: answer.int64(), epoch: answer.int16() }
    if (!askAgain(made.error)) return made
  }
}

/** Adds partition 0 of a topic to a transaction. */
export async function addPartition (client: RawClient, transactionalId: string, producerId: number, epoch: number, topic: string): Promise<string> {
  for (;;) {
    const answer = await client.request('AddPartitionsToTxn', 1, (body) => body.string(transactionalId).int64(producerId).int16(epoch)
      .array([topic], (w, name) => w.string(name).array([0], (p, index) => p.int32(index))))
    answer.skip(8)
    answer.string()
    answer.skip(8)
    const error = errorName(answer.int16())
    if (!askAgain(error)) return error
  }
}

export async function endTxn (client: RawClient, transactionalId: string, producerId: number, epoch: number, commit: boolean): Promise<string> {
  const answer = await client.request('EndTxn', 1, (body) => body.string(transactionalId).int64(producerId).int16(epoch).boolean(commit))
  answer.int32()
  return errorName(answer.int16())
}
