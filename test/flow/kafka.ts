/** The other side of Kafka, through plain kafkajs: what a test checks does not go through the gateway's own code. */

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin, Consumer, EachBatchPayload, Kafka, Message, Producer, TopicMessages } from 'kafkajs'
import { keepSecret } from '../logs/keep.ts'

export interface StoredRecord {
  partition: number
  offset: number
  key: string | null
  value: Buffer | null
  headers: Record<string, string>
  timeMs: number
}

export function client (brokers: string): Kafka {
  return new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'the-other-side',
    retry: { initialRetryTime: 50, retries: 8 },
    logLevel: kafkajs.logLevel.NOTHING
  })
}

export async function withAdmin<T> (brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client(brokers).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

export async function withProducer<T> (brokers: string, use: (producer: Producer) => Promise<T>, options: { transactionalId?: string } = {}): Promise<T> {
  const producer = client(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner, // murmur2, as the Java client does
    ...(options.transactionalId === undefined ? {} : { transactionalId: options.transactionalId, idempotent: true, maxInFlightRequests: 1 })
  })
  await producer.connect()
  try {
    return await use(producer)
  } finally {
    await producer.disconnect()
  }
}

/** Writes records as any Kafka program would. */
export async function write (brokers: string, topic: string, messages: Message[], options: Partial<TopicMessages> & { compression?: number } = {}): Promise<void> {
  for (const { value } of messages) if (typeof value === 'string') keepSecret(value)
  await withProducer(brokers, async (producer) => { await producer.send({ topic, messages, acks: -1, ...options }) })
}

/** Everything that stands in a topic now, in the order of each partition. A broker that has just started asks for patience. */
export async function readAll (brokers: string, topic: string): Promise<StoredRecord[]> {
  for (let tries = 0; ; tries++) {
    try {
      return await readOnce(brokers, topic)
    } catch (error) {
      if (tries > 20 || (error as { retriable?: boolean }).retriable !== true) throw error
      await delay(200)
    }
  }
}

async function readOnce (brokers: string, topic: string): Promise<StoredRecord[]> {
  const ends = await withAdmin(brokers, (admin) => admin.fetchTopicOffsets(topic))
  const awaited = new Map(ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, Number(high)]))
  if (awaited.size === 0) return []
  const records: StoredRecord[] = []
  const consumer = client(brokers).consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const reading = untilRead(consumer, ({ batch }) => {
    for (const { offset, key, value, headers = {}, timestamp } of batch.messages) {
      records.push({
        partition: batch.partition,
        offset: Number(offset),
        key: key?.toString() ?? null,
        value,
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
        timeMs: Number(timestamp)
      })
    }
    if (Number(batch.lastOffset()) + 1 >= (awaited.get(batch.partition) ?? 0)) awaited.delete(batch.partition)
    return awaited.size === 0
  })
  await reading.finally(() => consumer.disconnect())
  return records
}

/** Runs until `isEnd` says so for the first time. */
async function untilRead (consumer: Consumer, isEnd: (payload: EachBatchPayload) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error))
    consumer.run({ eachBatch: async (payload) => { if (isEnd(payload)) resolve() } }).catch(reject)
  })
}

/** The records of one device, in order. */
export async function readDevice (brokers: string, topic: string, device: string): Promise<StoredRecord[]> {
  return (await readAll(brokers, topic)).filter(({ key }) => key === device)
}
