import { ErrorCode } from '../wire/errors.ts'
import { Partition } from './partition.ts'
import type { Storage } from './storage.ts'
import { configError, TopicConfigs } from './topic-configs.ts'

/** More would be a mistake on one machine, or an attack on its memory. */
const MAX_PARTITIONS = 10_000

export interface Topic { readonly name: string, readonly partitions: Partition[], readonly configs: TopicConfigs }

export interface NewTopic {
  readonly name: string
  /** The broker's default where it is absent or -1. */
  readonly partitions?: number
  readonly configs?: Record<string, string>
  /** One node holds one replica; -1 is the default, which is 1. */
  readonly replicationFactor?: number
}

export class Topics {
  readonly #storage: Storage
  readonly #defaultPartitions: number
  readonly #topics = new Map<string, Topic>()

  constructor (storage: Storage, defaultPartitions: number) {
    this.#storage = storage
    this.#defaultPartitions = defaultPartitions
    for (const { name, partitions, configs } of storage.topics()) this.#open(name, partitions, configs)
  }

  names (): string[] { return [...this.#topics.keys()] }
  get (name: string): Topic | undefined { return this.#topics.get(name) }
  partition (name: string, index: number): Partition | undefined { return this.#topics.get(name)?.partitions[index] }

  /** The code with which `create` would answer. */
  creationError ({ name, partitions = -1, configs = {}, replicationFactor = -1 }: NewTopic): number {
    if (!isTopicName(name)) return ErrorCode.INVALID_TOPIC_EXCEPTION
    if (this.#topics.has(name)) return ErrorCode.TOPIC_ALREADY_EXISTS
    if (partitions === 0 || partitions < -1 || partitions > MAX_PARTITIONS) return ErrorCode.INVALID_PARTITIONS
    if (replicationFactor !== 1 && replicationFactor !== -1) return ErrorCode.INVALID_REPLICATION_FACTOR
    return configError(configs)
  }

  create (topic: NewTopic): number {
    const error = this.creationError(topic)
    if (error !== ErrorCode.NONE) return error
    const { name, partitions = -1, configs = {} } = topic
    const count = partitions === -1 ? this.#defaultPartitions : partitions
    this.#storage.saveTopic({ name, partitions: count, configs })
    this.#open(name, count, configs)
    return ErrorCode.NONE
  }

  growthError (name: string, count: number): number {
    const topic = this.#topics.get(name)
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return count > topic.partitions.length && count <= MAX_PARTITIONS ? ErrorCode.NONE : ErrorCode.INVALID_PARTITIONS
  }

  /** Adds partitions until there are `count`. */
  grow (name: string, count: number): number {
    const error = this.growthError(name, count)
    const topic = this.#topics.get(name)
    if (topic === undefined || error !== ErrorCode.NONE) return error
    this.#storage.saveTopic({ name, partitions: count, configs: topic.configs.given })
    this.#openPartitions(topic, count)
    return ErrorCode.NONE
  }

  delete (name: string): number {
    const topic = this.#topics.get(name)
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    this.#topics.delete(name)
    for (const partition of topic.partitions) partition.delete()
    this.#storage.removeTopic(name)
    return ErrorCode.NONE
  }

  /** Ends the transactions that the broker before this one left open; returns how many. */
  abortOpen (): number {
    let aborted = 0
    for (const { partitions } of this.#topics.values()) for (const partition of partitions) aborted += partition.abortOpen()
    return aborted
  }

  close (): void {
    for (const { partitions } of this.#topics.values()) for (const partition of partitions) partition.close()
  }

  #open (name: string, count: number, configs: Record<string, string>): void {
    const topic = { name, partitions: [], configs: new TopicConfigs(configs) }
    this.#openPartitions(topic, count)
    this.#topics.set(name, topic)
  }

  #openPartitions ({ name, partitions, configs }: Topic, count: number): void {
    while (partitions.length < count) {
      const index = partitions.length
      partitions.push(new Partition((note) => this.#storage.openLog(name, index, configs, note)))
    }
  }
}

/** Kafka's rule, and the reason why a topic's name can be a folder's. */
export function isTopicName (name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}
