/**
 * The only file that reaches into kafkajs. kafkajs is frozen at 2.2.4 and pinned exactly; its lower layer keeps connections,
 * TLS, SASL, metadata and API versions, and takes any request that is encoded elsewhere.
 */
import { createRequire } from 'node:module'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Admin } from 'kafkajs'

const require = createRequire(import.meta.url)

export interface ProtocolRequest {
  request: { apiKey: number, apiVersion: number, apiName: string, expectResponse: () => boolean, encode: () => { buf: Buffer, buffer: Buffer } }
  response: { decode: (payload: Buffer) => { payload: Buffer, clientSideThrottleTime: number }, parse: (decoded: { payload: Buffer }) => Buffer }
  logResponseError: boolean
}

export interface RawConnection {
  send: (request: ProtocolRequest) => Promise<Buffer>
  isConnected: () => boolean
  socket?: Socket
  requestQueue: { inflight: { size: number } }
}

export interface RawBroker {
  connectionPool: Address & { getConnection: (index?: number) => Promise<RawConnection>, pool: RawConnection[] }
  isConnected: () => boolean
  disconnect: () => Promise<void>
  metadata: (topics: readonly string[]) => Promise<RawMetadata>
  initProducerId: (options: { transactionalId?: string, transactionTimeout: number }) => Promise<{ producerId: string, producerEpoch: number }>
  listOffsets: (options: { isolationLevel: number, topics: Array<{ topic: string, partitions: Array<{ partition: number, timestamp: number }> }> }) =>
  Promise<{ responses: Array<{ partitions: Array<{ partition: number, errorCode: number, offset: string }> }> }>
}

export interface Address { host: string, port: number }

export interface RawPartition { partitionId: number, leader: number }

export interface RawMetadata { clusterId: string, brokers: ReadonlyArray<Address & { nodeId: number, rack: string | null }> }

export interface RawBrokerPool {
  brokers: Record<string, RawBroker>
  metadata: RawMetadata | null
  metadataExpireAt: number | null
  findBroker: (options: { nodeId: number }) => Promise<RawBroker>
  connectBroker: (broker: RawBroker) => Promise<void>
  refreshMetadata: (topics: readonly string[]) => Promise<void>
  createBroker: (options: object) => RawBroker
  connectionPoolBuilder: { build: (at: Address & { rack?: string | null }) => Promise<RawBroker['connectionPool']> }
}

/** What kafkajs' Broker has that ours changes. */
interface MetadataBroker extends RawBroker {
  lookupRequest: (apiKey: number, requests: unknown) => (options: { topics: readonly string[], allowAutoTopicCreation: boolean }) => ProtocolRequest
}

export interface RawCluster {
  brokerPool: RawBrokerPool
  targetTopics: Set<string>
  disconnect: () => Promise<void>
  refreshMetadata: () => Promise<void>
  findTopicPartitionMetadata: (topic: string) => RawPartition[]
}

export interface ClusterOptions { brokers: readonly string[], clientId: string, requestTimeoutMs: number }

interface KafkajsLogger { namespace: () => KafkajsLogger, info: () => void, error: () => void, warn: () => void, debug: () => void, setLogLevel: () => void }

/** Says nothing: every failure reaches us as an error, and building the lines costs a Date for each. */
const nothing = (): void => {}
const silent: KafkajsLogger = { namespace: () => silent, info: nothing, error: nothing, warn: nothing, debug: nothing, setLogLevel: nothing }

/** NODE_ENV=test changes kafkajs' own defaults, so each is given. One try at a time: who calls decides when to try again. */
const ONE_TRY = { retries: 0, initialRetryTime: 50, maxRetryTime: 1000, factor: 0, multiplier: 1 }
/** A dead host is found soon, and one that comes back is tried again before TCP itself would. */
const CONNECT_MS = 2_000
const READ_COMMITTED = 1
const METADATA_KEY = 3

/** The result's `cut` ends every connection at once, and with them what kafkajs waits for; a later one ends as it is opened. */
export function createCluster ({ brokers, clientId, requestTimeoutMs }: ClusterOptions): { raw: RawCluster, cut: () => void } {
  let isCut = false
  const end = (socket: Socket): void => { socket.destroy(new Error('the log is closed')) }
  const sockets = new Set<Socket>()
  const Cluster = require('kafkajs/src/cluster') as new (options: unknown) => RawCluster
  const cluster = new Cluster({
    brokers,
    clientId,
    logger: silent,
    socketFactory: (to: Destination) => {
      const socket = openSocket(to)
      sockets.add(socket)
      if (isCut) end(socket) // of a retry that was under way; a frozen broker's would keep the process
      return socket.once('close', () => sockets.delete(socket))
    },
    connectionTimeout: Math.min(requestTimeoutMs, CONNECT_MS),
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: READ_COMMITTED,
    retry: ONE_TRY
  })
  const { createBroker } = cluster.brokerPool
  cluster.brokerPool.createBroker = (options) => tolerant(createBroker({ logger: silent, ...options }) as MetadataBroker)
  const cut = (): void => {
    isCut = true
    for (const socket of sockets) end(socket)
  }
  return { raw: cluster, cut }
}

/**
 * kafkajs throws a metadata answer away when one topic in it is missing or one partition has no leader, and with it the
 * leaders of all others. Here it is kept: a missing topic has no partitions, a partition without a leader has -1.
 */
function tolerant (broker: MetadataBroker): MetadataBroker {
  const { Metadata } = require('kafkajs/src/protocol/requests').requests as { Metadata: unknown }
  shareConnecting(broker.connectionPool)
  broker.metadata = (topics) => {
    const { request, response } = broker.lookupRequest(METADATA_KEY, Metadata)({ topics, allowAutoTopicCreation: false })
    return idleConnection(broker).then((connection) =>
      connection.send({ request, response: { decode: response.decode, parse: (decoded) => decoded as never }, logResponseError: false })) as Promise<unknown> as Promise<RawMetadata>
  }
  return broker
}

/** One on which nothing is under way, if there is one: an answer waits for those of all requests before it. */
async function idleConnection ({ connectionPool }: RawBroker): Promise<RawConnection> {
  const { pool } = connectionPool
  const idle = pool.findIndex((one) => one.isConnected() && one.requestQueue.inflight.size === 0)
  return await connectionPool.getConnection(idle >= 0 ? idle : Math.max(0, pool.findIndex((one) => !one.isConnected())))
}

/** Several sends at once on a cut connection would each open a socket of their own, and all would stay. */
function shareConnecting (connectionPool: RawBroker['connectionPool']): void {
  const connecting = new Map<number, Promise<RawConnection>>()
  const connect = connectionPool.getConnection.bind(connectionPool)
  connectionPool.getConnection = (index = 0) => {
    const under = connecting.get(index) ?? connect(index).finally(() => connecting.delete(index))
    connecting.set(index, under)
    return under
  }
}

/** Ends its connections at once: what is under way fails, and nothing is waited for. */
export function cut ({ connectionPool }: RawBroker): void {
  for (const { socket } of connectionPool.pool) socket?.destroy(new Error('the broker has left the cluster'))
}

export function createAdmin (cluster: RawCluster): Admin {
  const build = require('kafkajs/src/admin') as (options: unknown) => Admin
  return build({ logger: silent, cluster, retry: { ...ONE_TRY, retries: 5 } })
}

interface Destination { host: string, port: number, onConnect: () => void }

/** Nagle's delay would hold a small request back while an earlier one is under way. */
function openSocket ({ host, port, onConnect }: Destination): Socket {
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, onConnect)
  // kafkajs says it to ended sockets too, as often as it fails to connect, and each time Node would add a listener to them.
  const unref = socket.unref.bind(socket)
  socket.unref = () => socket.destroyed ? socket : unref()
  return socket
}

/** Before each answer. */
const SIZE_BYTES = 4

interface Connection {
  bytesBuffered: number
  bytesNeeded: number
  chunks: Buffer[]
  socket: Socket | null
  isConnected: () => boolean
  connect: () => Promise<unknown>
  processData: (data: Buffer) => void
}

/**
 * kafkajs keeps what came of an answer before its connection was cut, and takes the first bytes of the next connection for the
 * rest of it: all answers after that are misread, or end the process. What cannot be read ends its connection alone.
 */
function readEachFromItsStart ({ prototype }: { prototype: Connection }): void {
  const { connect, processData } = prototype
  prototype.connect = async function () {
    if (!this.isConnected()) Object.assign(this, { bytesBuffered: 0, bytesNeeded: SIZE_BYTES, chunks: [] })
    return await connect.call(this)
  }
  prototype.processData = function (data) {
    try {
      processData.call(this, data)
    } catch (error) {
      this.socket?.destroy(error as Error)
    }
  }
}

interface RequestQueue {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests: () => void
}

/**
 * kafkajs arms this timer after every answer, with a negative delay when nothing is throttled: Node 24 warns of it, and
 * every version pays a timer an answer. It is needed only when something waits.
 */
function checkOnlyWhatWaits (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null
    this.checkPendingRequests()
  }, Math.max(10, this.throttledUntil - Date.now()))
}

const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: { scheduleCheckPendingRequests: (this: RequestQueue) => void } }
prototype.scheduleCheckPendingRequests = checkOnlyWhatWaits
readEachFromItsStart(require('kafkajs/src/network/connection') as { prototype: Connection })
