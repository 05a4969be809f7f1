import { LogError } from '../log.ts'
import { describe, isNotAuthorized } from './errors.ts'
import type { Cluster } from './cluster.ts'
import type { Denials } from './denials.ts'
import { createAdmin } from './kafkajs.ts'
import { rootCause } from './root-cause.ts'

/** Kafka's own default of max.message.bytes, for where we may not ask. */
const DEFAULT_MAX_BATCH_BYTES = 1_048_588
const TOPIC = 2 // kafkajs' ConfigResourceTypes.TOPIC
/** Kafka cleans whole segments only: with its default of 1 GiB, or a week, every start would read all that was ever written meanwhile. */
const COMPACTED = { 'cleanup.policy': 'compact', 'segment.bytes': String(16 * 1024 * 1024) }

export interface TopicOptions {
  readonly createTopics: boolean
  readonly partitions: number
  /** Undefined: the broker's default. */
  readonly replicationFactor: number | undefined
}

/** What the gateway must know of a topic before it writes to it. */
export interface TopicFacts { readonly name: string, readonly maxBatchBytes: number }

/** Creates what is missing where that is allowed, and refuses topics that would lose records, or `compacted` ones that would lose keys. */
export async function prepareTopics (
  cluster: Cluster, names: readonly string[], compacted: readonly string[], options: TopicOptions, denials: Denials
): Promise<TopicFacts[]> {
  const admin = createAdmin(cluster.raw)
  const missing = names.filter((name) => cluster.partitions(name) === 0)
  if (missing.length > 0) {
    if (!options.createTopics) throw missingTopics(missing, compacted, options)
    await create(admin, missing, compacted, options, denials)
    await cluster.refresh()
  }
  const configs = await topicConfigs(admin, names)
  return names.map((name) => {
    const config = configs.get(name)
    const policy = config?.get('cleanup.policy') // undefined: we may not ask
    if (compacted.includes(name) && policy !== undefined && policy !== 'compact') throw notCompacted(name, policy)
    if (!compacted.includes(name) && policy?.includes('compact') === true) throw wronglyCompacted(name)
    return { name, maxBatchBytes: Number(config?.get('max.message.bytes') ?? DEFAULT_MAX_BATCH_BYTES) }
  })
}

function missingTopics (names: readonly string[], compacted: readonly string[], { partitions }: TopicOptions): LogError {
  const settings = Object.entries(COMPACTED).map(([name, value]) => ` --config ${name}=${value}`).join('')
  const commands = names.map((name) =>
    `kafka-topics --bootstrap-server … --create --topic ${name} --partitions ${partitions}${compacted.includes(name) ? settings : ''}`)
  return new LogError('topic-missing', `Kafka has no topic ${names.join(', ')}. Set kafka.createTopics, or run: ${commands.join('; ')}`)
}

function notCompacted (name: string, policy: string): LogError {
  return new LogError('topic-wrong', `Topic ${name} has cleanup.policy=${policy}: Kafka would drop what is old, also where it is the last record of its key. ` +
    `Run: kafka-configs --bootstrap-server … --alter --topic ${name} --add-config cleanup.policy=compact`)
}

function wronglyCompacted (name: string): LogError {
  return new LogError('topic-wrong', `Topic ${name} is compacted: Kafka would drop all but the last record of each device. ` +
    `Run: kafka-configs --bootstrap-server … --alter --topic ${name} --add-config cleanup.policy=delete`)
}

async function create (
  admin: ReturnType<typeof createAdmin>, names: readonly string[], compacted: readonly string[], options: TopicOptions, denials: Denials
): Promise<void> {
  const { partitions, replicationFactor = -1 } = options
  const compaction = Object.entries(COMPACTED).map(([name, value]) => ({ name, value }))
  const topics = names.map((topic) =>
    ({ topic, numPartitions: partitions, replicationFactor, configEntries: compacted.includes(topic) ? compaction : [] }))
  try {
    await admin.createTopics({ topics, waitForLeaders: true })
  } catch (error) {
    const { errors = [error] } = error as { errors?: unknown[] } // one a topic; another instance may have been quicker with some
    const why = errors.find((one) => rootCause(one).type !== 'TOPIC_ALREADY_EXISTS')
    if (isNotAuthorized(why)) {
      const lacks = names.map((name) => denials.lacks('CREATE', name)).join('; ')
      throw new LogError('not-authorized', `Kafka does not let this gateway create topics: ${lacks}. Create them, or run: ${names.map((name) => denials.grant('CREATE', name)).join('; ')}`, error)
    }
    throw new LogError('failed', `Kafka did not create the topics ${names.join(', ')}: ${describe(why)}.`, error)
  }
}

/** By topic, then by name. A gateway that may not describe the configuration goes without. */
async function topicConfigs (admin: ReturnType<typeof createAdmin>, names: readonly string[]): Promise<Map<string, Map<string, string>>> {
  try {
    const resources = names.map((name) => ({ type: TOPIC, name, configNames: ['cleanup.policy', 'max.message.bytes'] }))
    const answer = await admin.describeConfigs({ resources, includeSynonyms: false })
    return new Map(answer.resources.map(({ resourceName, configEntries }) =>
      [resourceName, new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]))]))
  } catch (error) {
    if (isNotAuthorized(error)) return new Map()
    throw error
  }
}
