import type { Clock } from '../../clock.ts'
import { groupBy } from '../../wire/group-by.ts'
import { decodeListOffsets, encodeListOffsets, LIST_OFFSETS, type HighWatermark, type PartitionOf } from '../../wire/list-offsets.ts'
import { NotSent } from './errors.ts'
import { createCluster, type ClusterOptions, type ProtocolRequest, type RawBroker, type RawCluster, type RawConnection, type RawMetadata } from './kafkajs.ts'
import { Members } from './members.ts'

export interface Call { readonly key: number, readonly version: number, readonly name: string }

const FETCH_KEY = 1
const NO_LEADER = -1
const READ_COMMITTED = 1
const LATEST = -1
const EARLIEST = -2
const TRANSACTION_TIMEOUT_MS = 60_000
/** Longer than a long poll. An answer that takes longer may never come: its broker may no longer be a member of the cluster. */
const LATE_MS = 1_000
const LOOK_EVERY_MS = 500

/**
 * A view of the Kafka cluster with connections of its own: who leads what, and a way to send a request to a broker. Each
 * call is one try; who calls decides whether to try again.
 */
export class Cluster {
  readonly raw: RawCluster
  readonly #cut: () => void
  /** kafkajs would look a broker up through four promises. */
  #reached = new Map<number, RawBroker>()
  #connecting = new Map<string, Promise<unknown>>()
  #leaders = new Map<string, readonly number[]>()
  #refreshing: Promise<void> | undefined
  #clock: Clock
  /** When each request that is under way was sent. */
  #sentMs = new Set<{ readonly at: number }>()
  #cancelLook: (() => void) | undefined
  #closed = false

  constructor (options: ClusterOptions, clock: Clock) {
    const { raw, cut } = createCluster(options)
    const members = new Members(raw.brokerPool, options.brokers, clock)
    raw.brokerPool.refreshMetadata = (topics) => members.refresh(topics)
    this.raw = raw
    this.#cut = cut
    this.#clock = clock
  }

  async open (topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.raw.targetTopics.add(topic)
    await this.refresh()
  }

  /** Whatever is under way fails: kafkajs would wait for it, a long poll or a frozen broker's whole time-out. */
  close (): Promise<void> {
    this.#closed = true
    this.#cancelLook?.()
    this.#cut()
    return this.raw.disconnect()
  }

  /** Asks for the leaders anew; calls that come while one is under way share it. */
  refresh (): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => { this.#refreshing = undefined })
    return this.#refreshing
  }

  async #refresh (): Promise<void> {
    await this.raw.refreshMetadata()
    this.#leaders.clear()
  }

  partitions (topic: string): number {
    return this.leaders(topic).length
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
  async send (nodeId: number, call: Call, body: Buffer, index = call.key === FETCH_KEY ? 1 : 0): Promise<Buffer> {
    const { broker, connection } = await this.#reach(nodeId, index)
    const sent = { at: this.#clock.elapsed() }
    this.#sentMs.add(sent)
    this.#lookSoon()
    try {
      return await connection.send(wrap(call, body))
    } catch (error) {
      // Sent past kafkajs' Broker, so what that does on a closed connection is done here.
      if ((error as { name?: string }).name === 'KafkaJSConnectionClosedError') await broker.disconnect()
      throw error
    } finally {
      this.#sentMs.delete(sent)
    }
  }

  /** Where an answer is late the members are asked for again: what is under way to one that has left fails by that. */
  #lookSoon (): void {
    if (this.#closed) return
    this.#cancelLook ??= this.#clock.after(LOOK_EVERY_MS, () => {
      const before = this.#clock.elapsed() - LATE_MS
      const isLate = [...this.#sentMs].some(({ at }) => at <= before)
      void (isLate ? this.refresh().catch(() => {}) : Promise.resolve()).then(() => {
        this.#cancelLook = undefined
        if (this.#sentMs.size > 0) this.#lookSoon()
      })
    })
  }

  /** How far the followers of these partitions have what their leader has. */
  async highWatermarks (nodeId: number, parts: readonly PartitionOf[], index: number): Promise<HighWatermark[]> {
    return decodeListOffsets(await this.send(nodeId, LIST_OFFSETS, encodeListOffsets(parts), index))
  }

  async initProducerId (): Promise<{ id: bigint, epoch: number }> {
    const { producerId, producerEpoch } = await (await this.#anyBroker()).initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS })
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
      await this.refresh().catch(() => {}) // a leader may have moved; who asked tries again
      throw error
    }
  }

  async #listOffsets (topic: string, timestamp: number): Promise<number[]> {
    const offsets: number[] = []
    const byLeader = groupBy(this.leaders(topic).entries(), ([, leader]) => leader)
    await Promise.all([...byLeader].map(async ([nodeId, led]) => {
      const broker = await this.#broker(nodeId)
      const partitions = led.map(([partition]) => ({ partition, timestamp }))
      const { responses } = await broker.listOffsets({ isolationLevel: READ_COMMITTED, topics: [{ topic, partitions }] })
      for (const { partition, offset } of responses.flatMap((r) => r.partitions)) offsets[partition] = Number(offset)
    }))
    return offsets
  }

  async #reach (nodeId: number, index: number): Promise<{ broker: RawBroker, connection: RawConnection }> {
    const known = this.#reached.get(nodeId)
    const open = known?.connectionPool.pool[index]
    if (known !== undefined && open?.isConnected() === true) return { broker: known, connection: open }
    try {
      const broker = await this.#broker(nodeId)
      this.#reached.set(nodeId, broker)
      return { broker, connection: await broker.connectionPool.getConnection(index) }
    } catch (error) {
      throw new NotSent(error)
    }
  }

  async #broker (nodeId: number): Promise<RawBroker> {
    if (nodeId === NO_LEADER) throw new Error('the partition has no leader')
    return await this.#once(`${nodeId}`, () => this.raw.brokerPool.findBroker({ nodeId }))
  }

  /** Any can give out producer ids. */
  async #anyBroker (): Promise<RawBroker> {
    const brokers = Object.values(this.raw.brokerPool.brokers)
    const broker = brokers.find((one) => one.isConnected()) ?? brokers[0]
    if (broker === undefined) throw new Error('no broker is known')
    await this.raw.brokerPool.connectBroker(broker)
    return broker
  }

  async #once<T> (name: string, connect: () => Promise<T>): Promise<T> {
    const under = this.#connecting.get(name) as Promise<T> | undefined
    if (under !== undefined) return await under
    const connecting = connect().finally(() => this.#connecting.delete(name))
    this.#connecting.set(name, connecting)
    return await connecting
  }
}

function wrap ({ key, version, name }: Call, body: Buffer): ProtocolRequest {
  return {
    request: { apiKey: key, apiVersion: version, apiName: name, expectResponse: () => true, encode: () => ({ buf: body, buffer: body }) },
    response: { decode: (payload) => ({ payload, clientSideThrottleTime: 0 }), parse: ({ payload }) => payload },
    logResponseError: false
  }
}
