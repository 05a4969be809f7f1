import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * Metadata, version 8, for what the caller may do with each topic.
 *
 *   request:  [topic string] · allowAutoTopicCreation boolean · includeClusterAuthorizedOperations boolean · includeTopicAuthorizedOperations boolean
 *   response: throttleMs int32 · [nodeId int32 · host string · port int32 · rack nullable string] · clusterId nullable string · controllerId int32 ·
 *             [errorCode int16 · topic string · isInternal boolean ·
 *              [errorCode int16 · partition int32 · leader int32 · leaderEpoch int32 · replicas [int32] · inSync [int32] · offline [int32]] ·
 *              authorizedOperations int32] · clusterAuthorizedOperations int32
 */
export const AUTHORIZED = { key: 3, version: 8, name: 'Metadata' } as const

/** Kafka's codes of operations; each is a bit of what is authorized. */
const CODES = { READ: 3, WRITE: 4, CREATE: 5, DESCRIBE: 8, DESCRIBE_CONFIGS: 10, IDEMPOTENT_WRITE: 12 } as const

export interface Authorized { readonly topic: string, readonly errorCode: number, readonly may: (operation: keyof typeof CODES) => boolean }

export function encodeAuthorized (topics: readonly string[]): Buffer {
  return new Writer().array(topics, (w, topic) => w.string(topic)).boolean(false).boolean(false).boolean(true).finish()
}

export function decodeAuthorized (payload: Buffer): Authorized[] {
  const reader = new Reader(payload)
  reader.int32()
  reader.array((b) => { b.int32(); b.string(); b.int32(); b.nullableString() })
  reader.nullableString()
  reader.int32()
  return reader.array((t) => {
    const errorCode = t.int16()
    const topic = t.string()
    t.boolean()
    t.array((p) => {
      p.skip(2 + 4 + 4 + 4)
      for (let list = 0; list < 3; list++) p.array((node) => node.int32())
    })
    const bits = t.int32()
    return { topic, errorCode, may: (operation) => (bits >> CODES[operation] & 1) === 1 }
  })
}
