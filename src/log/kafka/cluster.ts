import type { Clock } from '../../clock.ts'
import { AUTHORIZED, decodeAuthorized, encodeAuthorized, type Authorized } from '../../wire/authorized.ts'
import { ErrorCode } from '../../wire/errors.ts'
import { groupBy } from '../../wire/group-by.ts'
import { decodeListOffsets, encodeListOffsets, LIST_OFFSETS, type HighWatermark, type PartitionOf } from '../../wire/list-offsets.ts'
import { Awaited } from './awaited.ts'
import { Brokers, NO_LEADER } from './brokers.ts'
import type { Denials } from './denials.ts'
import { isNotAuthorized, whyOut } from './errors.ts'
import { createCluster, type ClusterOptions, type ProtocolRequest, type RawCluster, type RawMetadata } from './kafkajs.ts'
import { Members } from './members.ts'

export interface Call { readonly key: number, readonly version: number, readonly name: string }

/** A long poll would hold up what is produced on the first connection. */
const FETCHES = 1
const READ_COMMITTED = 1
const LATEST = -1
const EARLIEST = -2
const TRANSACTION_TIMEOUT_MS = 60_000

/**
 * A view of the Kafka cluster with connections of its own: who leads what, and a way to send a request to a broker. Each
 * call is one try; who calls decides whether to try again.
 */
export class Cluster {
  readonly raw: RawCluster
  readonly denials: Denials
  readonly #cut: () => void
  readonly #brokers: Brokers
  /** Where an answer is late the members are asked for again: what is under way to one that has left fails by that. */
  readonly #awaited: Awaited
  #leaders = new Map<string, readonly number[]>()
  #refreshing: Promise<void> | undefined
  /** Told when leaders may be others than before, whoever asked for them. */
  onRefreshed: () => void = () => {}

  constructor (options: ClusterOptions, clock: Clock, denials: Denials) {
    this.denials = denials
    const { raw, cut } = createCluster(options)
    const members = new Members(raw.brokerPool, options.brokers, clock)
    raw.brokerPool.refreshMetadata = (topics) => members.refresh(topics)
    this.raw = raw
    this.#cut = cut
    this.#brokers = new Brokers(raw.brokerPool)
    this.#awaited = new Awaited(clock, () => this.refresh())
  }

  async open (topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.raw.targetTopics.add(topic)
    await this.refresh()
  }

  /** Whatever is under way fails: kafkajs would wait for it, a long poll or a frozen broker's whole time-out. */
  close (): Promise<void> {
    this.#awaited.close()
    this.#cut()
    return this.raw.disconnect()
  }

  /** Asks for the leaders anew; calls that come while one is under way share it. */
  refresh (): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => { this.#refreshing = undefined })
    return this.#refreshing
  }

  async #refresh (): Promise<void> {
    try {
      await this.raw.refreshMetadata()
    } catch (error) {
      const why = whyOut(error, this.denials.principal)
      if (why !== '') this.denials.letIn(why)
      throw error
    }
    this.denials.letIn()
    this.#leaders.clear()
    this.onRefreshed()
  }

  partitions (topic: string): number {
    return this.leaders(topic).length
  }

  /** Kafka does not say whether there is such a topic: it may not be described. */
  isHidden (topic: string): boolean {
    const known = this.raw.brokerPool.metadata?.topicMetadata.find((one) => one.topic === topic)
    return known?.topicErrorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED
  }

  /** What may be done with each topic; undefined where the broker is too old to say. */
  async authorized (topics: readonly string[]): Promise<Authorized[] | undefined> {
    const broker = await this.#brokers.any()
    if ((broker.versions?.[AUTHORIZED.key]?.maxVersion ?? 0) < AUTHORIZED.version) return undefined
    const connection = await broker.connectionPool.getConnection()
    return decodeAuthorized(await connection.send(wrap(AUTHORIZED, encodeAuthorized(topics))))
  }

  /** The node that leads each partition, by partition; -1 where none does. None at all: there is no such topic. */
  leaders (topic: string): readonly number[] {
    const known = this.#leaders.get(topic)
    if (known !== undefined) return known
    const leaders: number[] = []
    for (const { partitionId, leader } of this.raw.findTopicPartitionMetadata(topic)) leaders[partitionId] = leader
    if (leaders.length > 0) this.#leaders.set(topic, leaders)
    return leaders
  }

  leader (topic: string, partition: number): number {
    return this.leaders(topic)[partition] ?? NO_LEADER
  }

  /**
   * Sends an encoded body and gives the answer's, behind its correlation id. There are two connections to each broker, which
   * answers the requests of one in order. Throws `NotSent` where it could not even be sent.
   */
  async send (nodeId: number, call: Call, body: Buffer, index = FETCHES): Promise<Buffer> {
    const { broker, connection } = await this.#brokers.reach(nodeId, index)
    const answered = this.#awaited.sent()
    try {
      return await connection.send(wrap(call, body))
    } catch (error) {
      // Sent past kafkajs' Broker, so what that does on a closed connection is done here.
      if ((error as { name?: string }).name === 'KafkaJSConnectionClosedError') await broker.disconnect()
      throw error
    } finally {
      answered()
    }
  }

  /** How far the followers of these partitions have what their leader has. */
  async highWatermarks (nodeId: number, parts: readonly PartitionOf[], index: number): Promise<HighWatermark[]> {
    return decodeListOffsets(await this.send(nodeId, LIST_OFFSETS, encodeListOffsets(parts), index))
  }

  async initProducerId (): Promise<{ id: bigint, epoch: number }> {
    const { producerId, producerEpoch } = await (await this.#brokers.any()).initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS })
    return { id: BigInt(producerId), epoch: producerEpoch }
  }

  /** The last stable offset of each partition. */
  ends (topic: string): Promise<number[]> { return this.#offsets(topic, LATEST) }

  /** The first offset of each partition that still exists. */
  starts (topic: string): Promise<number[]> { return this.#offsets(topic, EARLIEST) }

  /** The first offset of each partition whose record is not older than `timeMs`; -1 where there is none. */
  offsetsAt (topic: string, timeMs: number): Promise<number[]> { return this.#offsets(topic, timeMs) }

  /** Kafka's own name for the cluster. */
  get id (): string { return (this.raw.brokerPool.metadata as RawMetadata).clusterId }

  async #offsets (topic: string, timestamp: number): Promise<number[]> {
    try {
      return await this.#listOffsets(topic, timestamp)
    } catch (error) {
      if (isNotAuthorized(error)) this.denials.denied('DESCRIBE', topic)
      await this.refresh().catch(() => {}) // a leader may have moved; who asked tries again
      throw error
    }
  }

  async #listOffsets (topic: string, timestamp: number): Promise<number[]> {
    const offsets: number[] = []
    const leaders = this.leaders(topic)
    // A broker that does not know the topic yet, or for a moment, is no reason to take it for one without partitions.
    if (leaders.length === 0) throw new Error(`Kafka says nothing of the topic ${topic}`)
    const byLeader = groupBy(leaders.entries(), ([, leader]) => leader)
    await Promise.all([...byLeader].map(async ([nodeId, led]) => {
      const broker = await this.#brokers.find(nodeId)
      const partitions = led.map(([partition]) => ({ partition, timestamp }))
      const { responses } = await broker.listOffsets({ isolationLevel: READ_COMMITTED, topics: [{ topic, partitions }] })
      for (const { partition, offset } of responses.flatMap((r) => r.partitions)) offsets[partition] = Number(offset)
    }))
    return offsets
  }
}

function wrap ({ key, version, name }: Call, body: Buffer): ProtocolRequest {
  return {
    request: { apiKey: key, apiVersion: version, apiName: name, expectResponse: () => true, encode: () => ({ buf: body, buffer: body }) },
    response: { decode: (payload) => ({ payload, clientSideThrottleTime: 0 }), parse: ({ payload }) => payload },
    logResponseError: false
  }
}
