/** Records by the hundred thousand, with the times that they are said to have. kafkajs' producer takes 15 µs for each, this one. */

import { systemClock } from '../../src/clock.ts'
import { Cluster } from '../../src/log/kafka/cluster.ts'
import { Denials } from '../../src/log/kafka/denials.ts'
import { BatchWriter } from '../../src/wire/batch-writer.ts'
import { errorName } from '../../src/wire/errors.ts'
import { HeaderBlock } from '../../src/wire/header-block.ts'
import { homePartition } from '../../src/wire/murmur2.ts'
import { decodeProduce, encodeProduce, PRODUCE } from '../../src/wire/produce.ts'

export interface BulkRecord { readonly key: string, readonly value: string, readonly timeMs: number }

const BATCH_BYTES = 64 * 1024
const TIMEOUT_MS = 10_000
const NO_HEADERS = new HeaderBlock()
const NOBODY = { id: -1n, epoch: -1 }

/** Each record goes to its key's home; those of one partition stand there in the order given. */
export async function writeBulk (brokers: string, topic: string, records: Iterable<BulkRecord>): Promise<void> {
  const cluster = new Cluster({ brokers: brokers.split(','), clientId: 'bulk', requestTimeoutMs: TIMEOUT_MS }, systemClock, new Denials(() => '', () => {}))
  await cluster.open([topic])
  const writers = cluster.leaders(topic).map(() => new BatchWriter())
  const send = async (partition: number, writer: BatchWriter): Promise<void> => {
    const body = encodeProduce([{ topic, partition, batch: writer.seal(NOBODY, -1) }], TIMEOUT_MS)
    writer.clear()
    const [stored] = decodeProduce(await cluster.send(cluster.leader(topic, partition), PRODUCE, body)).partitions
    if (stored?.errorCode !== 0) throw new Error(`Kafka did not take a batch of ${topic}/${partition}: ${errorName(stored?.errorCode ?? -1)}`)
  }
  for (const { key, value, timeMs } of records) {
    const [name, bytes] = [Buffer.from(key), Buffer.from(value)]
    const partition = homePartition(name, writers.length)
    const writer = writers[partition] as BatchWriter
    writer.append(timeMs, name, bytes, 0, bytes.length, NO_HEADERS)
    if (writer.bytes >= BATCH_BYTES) await send(partition, writer)
  }
  for (const [partition, writer] of writers.entries()) if (writer.count > 0) await send(partition, writer)
  await cluster.close()
}
