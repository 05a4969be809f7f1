import type { ApiName } from '../../../src/devkafka/api-keys.ts'
import type { Fault, Leg } from '../../../src/devkafka/faults.ts'
import type { ErrorName } from '../../../src/wire/errors.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { span, type FaultKind } from './fault.ts'

const APIS: readonly ApiName[] = ['Produce', 'Produce', 'Fetch', 'Fetch', 'Metadata', 'ListOffsets', 'ApiVersions', 'InitProducerId']
const LEGS: readonly Leg[] = ['request', 'answer']
const WITHIN_MS = [50, 600] as const

/** What a healthy client may be told and has to cope with. */
const ERRORS: Partial<Record<ApiName, readonly ErrorName[]>> = {
  Produce: [
    'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'KAFKA_STORAGE_ERROR', 'CORRUPT_MESSAGE', 'UNKNOWN_SERVER_ERROR', 'NETWORK_EXCEPTION',
    'MESSAGE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'
  ],
  Fetch: ['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_STORAGE_ERROR', 'OFFSET_OUT_OF_RANGE', 'FENCED_LEADER_EPOCH', 'OFFSET_NOT_AVAILABLE', 'UNKNOWN_SERVER_ERROR'],
  Metadata: ['LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ListOffsets: ['NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'OFFSET_NOT_AVAILABLE']
}

const onEmbedded = ({ kafka }: World): boolean => kafka.plant !== undefined

export const apiErrors: FaultKind = planted('error codes', 4, (random) => {
  const api = random.pick(Object.keys(ERRORS) as ApiName[])
  return { api, fault: () => ({ error: random.pick(ERRORS[api] as readonly ErrorName[]) }) }
})

export const apiDelays: FaultKind = planted('slow answers', 2, (random) => {
  return { api: random.pick(APIS), fault: () => ({ delay: random.pick(LEGS), ms: random.int(10, 700) }) }
})

export const apiCuts: FaultKind = planted('connections to Kafka cut', 4, (random) => {
  return { api: random.pick(APIS), fault: () => ({ cut: random.pick(LEGS) }) }
})

function planted (name: string, weight: number, draw: (random: Random) => { api: ApiName, fault: () => Fault }): FaultKind {
  return {
    name,
    weight,
    possible: onEmbedded,
    run: async (world, random, tell) => {
      const { api, fault } = draw(random)
      const faults = Array.from({ length: random.int(1, 6) }, fault)
      tell(`${api}: ${faults.map((one) => Object.values(one).join(' ')).join(', ')}`)
      world.kafka.plant?.(api, faults)
      await span(world, random, ...WITHIN_MS)
      world.kafka.unplant?.(api)
    }
  }
}
