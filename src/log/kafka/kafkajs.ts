/**
 * The only file that reaches into kafkajs. kafkajs is frozen at 2.2.4 and pinned exactly; its lower layer keeps connections,
 * TLS, SASL, metadata and API versions, and takes any request that is encoded elsewhere.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Admin } from 'kafkajs'
import { openSocket, type Destination, type Tls } from './sockets.ts'

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
  host: string
  port: number
  /** How long a login holds, in ms; 0: for as long as the connection. */
  sessionLifetime: { toNumber: () => number }
  authenticate: () => Promise<void>
  sasl: { mechanism: string, authenticationProvider: (at: LoginAt) => { authenticate: () => Promise<void> } } | null
}

export interface RawBroker {
  connectionPool: Address & { getConnection: (index?: number) => Promise<RawConnection>, pool: RawConnection[] }
  /** By the API's key; null before it was connected. */
  versions: Record<number, { maxVersion: number }> | null
  isConnected: () => boolean
  disconnect: () => Promise<void>
  metadata: (topics: readonly string[]) => Promise<RawMetadata>
  initProducerId: (options: { transactionalId?: string, transactionTimeout: number }) => Promise<{ producerId: string, producerEpoch: number }>
  listOffsets: (options: { isolationLevel: number, topics: Array<{ topic: string, partitions: Array<{ partition: number, timestamp: number }> }> }) =>
  Promise<{ responses: Array<{ partitions: Array<{ partition: number, errorCode: number, offset: string }> }> }>
}

export interface Address { host: string, port: number }

interface LoginAt {
  host: string
  port: number
  logger: unknown
  saslAuthenticate: <T>(step: { request: { encode: () => Promise<Buffer> }, response: { decode: (bytes: Buffer) => T, parse: (decoded: T) => unknown } }) => Promise<unknown>
}

/** What a login is made with. */
export type Login = { readonly username: string, readonly password: string } | { readonly token: string }

export interface Security {
  readonly tls: Tls | undefined
  /** `mechanism` as Kafka writes it; `login` is asked for each login. */
  readonly sasl: { readonly mechanism: string, readonly login: () => Promise<Login> } | undefined
}

export interface RawPartition { partitionId: number, leader: number }

export interface RawMetadata {
  clusterId: string
  topicMetadata: ReadonlyArray<{ topic: string, topicErrorCode: number }>
  brokers: ReadonlyArray<Address & { nodeId: number, rack: string | null }>
}

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

export interface ClusterOptions { brokers: readonly string[], clientId: string, requestTimeoutMs: number, security?: Security }

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
export function createCluster ({ brokers, clientId, requestTimeoutMs, security }: ClusterOptions): { raw: RawCluster, cut: () => void } {
  let isCut = false
  const end = (socket: Socket): void => { socket.destroy(new Error('the log is closed')) }
  const sockets = new Set<Socket>()
  const Cluster = require('kafkajs/src/cluster') as new (options: unknown) => RawCluster
  const cluster = new Cluster({
    brokers,
    clientId,
    logger: silent,
    socketFactory: (to: Destination) => {
      const socket = openSocket(to, security?.tls)
      sockets.add(socket)
      if (isCut) end(socket) // of a retry that was under way; a frozen broker's would keep the process
      return socket.once('close', () => sockets.delete(socket))
    },
    sasl: security?.sasl === undefined ? null : { mechanism: security.sasl.mechanism },
    connectionTimeout: Math.min(requestTimeoutMs, CONNECT_MS),
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: READ_COMMITTED,
    retry: ONE_TRY
  })
  const { createBroker, connectionPoolBuilder } = cluster.brokerPool
  const build = connectionPoolBuilder.build.bind(connectionPoolBuilder)
  connectionPoolBuilder.build = (at) => build(at).then((connectionPool) => {
    shareConnecting(connectionPool)
    if (security?.sasl !== undefined) logInOn(connectionPool, security.sasl)
    return connectionPool
  })
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

/** A login is renewed when so much of its time is left; kafkajs' ten seconds may be more than it has. */
const RENEW_WITHIN = 0.15
const RENEW_WITHIN_MS = 10_000
/** Who is refused tries again no sooner: some issuers of passwords lock out who fails too often. */
const REFUSED_REST_MS = 500

const MECHANISMS: Readonly<Record<string, string>> = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram256', 'SCRAM-SHA-512': 'scram512' }

/**
 * Each login asks for what it is made with, so that it may have changed; kafkajs would keep the first. A connection on which one
 * fails is ended at once: Kafka does so a little later, and till then would answer nothing on it.
 */
function logInOn ({ pool }: RawBroker['connectionPool'], { mechanism, login }: NonNullable<Security['sasl']>): void {
  let refusedAt = -Infinity
  for (const connection of pool) {
    Object.defineProperty(connection, 'reauthenticationThreshold', { get: () => Math.min(RENEW_WITHIN_MS, Math.floor(connection.sessionLifetime.toNumber() * RENEW_WITHIN)) })
    const authenticationProvider = (at: LoginAt) => ({
      authenticate: async () => {
        try {
          const restMs = refusedAt + REFUSED_REST_MS - performance.now()
          if (restMs > 0) await new Promise((resolve) => { setTimeout(resolve, restMs) })
          const shown = await login()
          if ('token' in shown) return await showToken(at, shown.token)
          const provider = require(`kafkajs/src/broker/saslAuthenticator/${MECHANISMS[mechanism]}`) as (login: Login) => NonNullable<RawConnection['sasl']>['authenticationProvider']
          await provider(shown)(at).authenticate()
        } catch (error) {
          refusedAt = performance.now()
          connection.socket?.destroy(error as Error)
          throw error
        }
      }
    })
    connection.sasl = { mechanism, authenticationProvider }
  }
}

/** A refusal as Kafka words it; kafkajs has the same for the other mechanisms. */
class TokenRefused extends Error {
  constructor (reason: string) {
    super(`SASL OAUTHBEARER authentication failed: ${reason}`)
    this.name = 'KafkaJSSASLAuthenticationError'
  }
}

/**
 * RFC 7628. A refusal comes as an answer like any other, which kafkajs does not look at: it would take itself for logged in. Who is
 * refused owes one more byte, and then hears so.
 */
async function showToken ({ saslAuthenticate }: LoginAt, token: string): Promise<void> {
  const step = async (message: string): Promise<string> => {
    const bytes = Buffer.from(message)
    const size = Buffer.alloc(4)
    size.writeInt32BE(bytes.length)
    const response = { decode: (answer: Buffer) => answer.subarray(4).toString(), parse: (text: string) => text }
    return await saslAuthenticate({ request: { encode: async () => Buffer.concat([size, bytes]) }, response }) as string
  }
  const refusal = await step(`n,,\u0001auth=Bearer ${token}\u0001\u0001`).catch((error: Error) => { throw new TokenRefused(error.message) })
  if (refusal === '') return
  await step('\u0001').catch(() => {})
  throw new TokenRefused(refusal)
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
