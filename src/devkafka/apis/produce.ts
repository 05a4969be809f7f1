import { ErrorCode } from '../../wire/errors.ts'
import type { Api, Context } from '../api.ts'
import { faultOf, readHeader } from '../batch.ts'
import { lacksKey } from '../compaction.ts'
import type { Appended } from '../partition.ts'

/**
 * Produce 3-8
 *
 *   request  => transactional_id nullable_string, acks int16, timeout_ms int32, [topic string, [partition int32, records bytes]]
 *   response => [topic string, [partition int32, error_code int16, base_offset int64, log_append_time int64,
 *               log_start_offset int64 (v5+), [batch_index int32, message nullable_string] (v8+), message nullable_string (v8+)]],
 *               throttle_time_ms int32
 *
 * Simplified: a record counts as acknowledged when it is in the log, since there is no other replica to wait for. Records
 * are not looked into, but for the keys of a compacted topic, and so none is named: what is inside a batch whose CRC is right
 * is the producer's business. After an error under acks=0 the connection stays open.
 */
export const produce: Api = {
  name: 'Produce',
  versions: [3, 8],
  handle (request, reply, context) {
    const transactional = request.nullableString() !== null
    const acks = request.int16()
    request.int32() // timeout
    const refused = acks < -1 || acks > 1 ? ErrorCode.INVALID_REQUIRED_ACKS : context.fault
    const topics = request.array((t) => {
      const topic = t.string()
      return { topic, partitions: t.array((p) => ({ index: p.int32(), records: p.bytes() })) }
    })
    reply.array(topics, (w, { topic, partitions }) => w.string(topic).array(partitions, (p, { index, records }) => {
      const { error, base } = refused === ErrorCode.NONE ? append(topic, index, records, transactional, context) : refusedWith(refused)
      p.int32(index).int16(error).int64(base).int64(-1)
      if (context.version >= 5) p.int64(context.topics.partition(topic, index)?.start ?? -1)
      if (context.version >= 8) p.array([], () => {}).string(null)
    })).int32(context.throttleMs)
    return acks === 0 ? 'silent' : undefined
  }
}

function append (name: string, index: number, records: Buffer, mayBeTransactional: boolean, { topics, transactions, sayOnce }: Context): Appended {
  const topic = topics.get(name)
  const partition = topic?.partitions[index]
  if (topic === undefined || partition === undefined) return refusedWith(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const error = faultOf(records, topic.configs.maxMessageBytes)
  if (error !== ErrorCode.NONE) return refusedWith(error)
  if (topic.configs.compacted && lacksKey(records)) return refusedWith(ErrorCode.INVALID_RECORD)
  const header = readHeader(records)
  if (header.transactional) {
    if (!mayBeTransactional) return refusedWith(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const refusal = transactions.writeError(header, partition)
    if (refusal !== ErrorCode.NONE) return refusedWith(refusal)
  }
  try {
    return partition.append(records)
  } catch (error) {
    sayOnce(`${name}/${index} cannot be written: ${String(error)}`)
    return refusedWith(ErrorCode.KAFKA_STORAGE_ERROR)
  }
}

function refusedWith (error: number): Appended {
  return { error, base: -1 }
}
