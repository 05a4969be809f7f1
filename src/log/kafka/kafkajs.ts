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

export interface RawConnection { send: (request: ProtocolRequest) => Promise<Buffer>, isConnected: () => boolean }

export interface RawBroker {
  connectionPool: { getConnection: (index: number) => Promise<RawConnection>, pool: RawConnection[] }
  disconnect: () => Promise<void>
  initProducerId: (options: { transactionalId?: string, transactionTimeout: number }) => Promise<{ producerId: string, producerEpoch: number }>
  listOffsets: (options: { isolationLevel: number, topics: Array<{ topic: string, partitions: Array<{ partition: number, timestamp: number }> }> }) =>
  Promise<{ responses: Array<{ partitions: Array<{ partition: number, errorCode: number, offset: string }> }> }>
}

export interface RawPartition { partitionId: number, leader: number }

/** What kafkajs' Broker has that ours changes. */
interface MetadataBroker {
  metadata: (topics: string[]) => Promise<unknown>
  lookupRequest: (apiKey: number, requests: unknown) => (options: { topics: string[], allowAutoTopicCreation: boolean }) => ProtocolRequest
  connectionPool: { send: (request: ProtocolRequest) => Promise<unknown> }
}

export interface RawCluster {
  brokerPool: { metadata: { clusterId: string } }
  connect: () => Promise<void>
  disconnect: () => Promise<void>
  addMultipleTargetTopics: (topics: readonly string[]) => Promise<void>
  refreshMetadata: () => Promise<void>
  findTopicPartitionMetadata: (topic: string) => RawPartition[]
  findBroker: (options: { nodeId: number }) => Promise<RawBroker>
  findControllerBroker: () => Promise<RawBroker>
}

export interface ClusterOptions { brokers: readonly string[], clientId: string, requestTimeoutMs: number }

interface KafkajsLogger { namespace: () => KafkajsLogger, info: () => void, error: () => void, warn: () => void, debug: () => void, setLogLevel: () => void }

/** Says nothing: every failure reaches us as an error, and building the lines costs a Date for each. */
const nothing = (): void => {}
const silent: KafkajsLogger = { namespace: () => silent, info: nothing, error: nothing, warn: nothing, debug: nothing, setLogLevel: nothing }

/** NODE_ENV=test changes kafkajs' own defaults, so each is given. One try at a time: who calls decides when to try again. */
const ONE_TRY = { retries: 0, initialRetryTime: 50, maxRetryTime: 1000, factor: 0, multiplier: 1 }
const METADATA_MAX_AGE_MS = 300_000
const READ_COMMITTED = 1
const METADATA_KEY = 3

/** The result's `cut` ends every connection at once, and with them what kafkajs waits for; a later one ends as it is opened. */
export function createCluster ({ brokers, clientId, requestTimeoutMs }: ClusterOptions): { raw: RawCluster, cut: () => void } {
  let isCut = false
  const end = (socket: Socket): void => { socket.destroy(new Error('the log is closed')) }
  const sockets = new Set<Socket>()
  const Cluster = require('kafkajs/src/cluster') as new (options: unknown) => RawCluster & { brokerPool: RawCluster['brokerPool'] & { createBroker: (options: unknown) => MetadataBroker } }
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
    connectionTimeout: requestTimeoutMs,
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: READ_COMMITTED,
    retry: ONE_TRY
  })
  const { createBroker } = cluster.brokerPool
  cluster.brokerPool.createBroker = (options) => tolerant(createBroker(options))
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
  broker.metadata = (topics) => {
    const { request, response } = broker.lookupRequest(METADATA_KEY, Metadata)({ topics, allowAutoTopicCreation: false })
    return broker.connectionPool.send({ request, response: { decode: response.decode, parse: (decoded) => decoded as never }, logResponseError: false })
  }
  return broker
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
