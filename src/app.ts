import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { RequestListener } from 'node:http'
import type { Authenticate } from './access/authenticate.ts'
import { createAccess } from './access/create.ts'
import { createAudit } from './audit/create.ts'
import { systemClock, type Clock } from './clock.ts'
import { ConfigError, usesEmbedded, type Settings } from './config/index.ts'
import { DevKafka } from './devkafka/broker.ts'
import { Gateway } from './gateway.ts'
import { asksForSocket } from './http/admission.ts'
import { sessionFacts } from './http/auditing.ts'
import { serveHttp } from './http/http.ts'
import { createMetrics } from './http/metrics.ts'
import { handleClientError, handleFrameworkError } from './http/problem.ts'
import { Credentials } from './log/kafka/credentials.ts'
import { createQuotas } from './limits/create.ts'
import { KafkaLog } from './log/kafka/index.ts'
import { needsOf } from './needs.ts'
import type { Storage } from './protocol/encode.ts'
import type { Observer } from './session/context.ts'
import { ServerTls } from './tls/server-tls.ts'

/** All that Node takes of a request's head, so that a device id that is too long still gets our own refusal. */
const MAX_PARAM_LENGTH = 16_384
const BODY_BYTES_BESIDE_DATA = 4096
/** A request, or a handshake, has to be there whole after so long. */
const REQUEST_TIMEOUT_MS = 15_000
/** As Fastify has it where it makes the server itself. */
const KEEP_ALIVE_MS = 72_000

export interface AppOptions {
  readonly settings: Settings
  readonly logger?: FastifyBaseLogger
  readonly clock?: Clock
  readonly authenticate?: Authenticate | undefined
}

export interface App {
  readonly http: FastifyInstance
  readonly gateway: Gateway
  /** The Kafka that is used: its addresses, and whether it is the embedded broker. */
  readonly brokers: readonly string[]
  readonly storage: Storage
  /** What it listens with; undefined: plain, or TLS is somebody else's matter. */
  readonly tls?: ServerTls | undefined
  /** Whether there is any way to log in. */
  readonly hasLogin: boolean
  /** Opens Kafka and lets sockets in. Throws a `LogError`. */
  start: () => Promise<void>
  /** Drains and ends everything. */
  close: () => Promise<void>
}

/** A Fastify instance of its own, with the gateway on it. It does not listen. */
export async function createApp ({ settings, logger, clock = systemClock, authenticate }: AppOptions): Promise<App> {
  if (settings.auth.certificate.device !== undefined && settings.tls.clientCertificates === 'none') {
    throw new ConfigError(['auth.certificate.device is set, but nobody is asked for a certificate; set tls.clientCertificates'])
  }
  const tls = await ServerTls.open(settings.tls)
  // Node 24 can leave what is no WebSocket to HTTP: Java's client offers h2c with every request. Node 20 passes it over.
  const serverOptions = { headersTimeout: REQUEST_TIMEOUT_MS, shouldUpgradeCallback: asksForSocket } as object
  const http = Fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    return503OnClosing: false, // while draining our own routes say so, and /healthz goes on
    pluginTimeout: 0, // it would end a drain that takes longer than 10 s
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(tls === undefined
      ? { http: serverOptions }
      : { serverFactory: (handler: RequestListener) => tls.createServer(handler, { ...serverOptions, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS }) }),
    clientErrorHandler: handleClientError,
    bodyLimit: settings.ws.maxFrameBytes + BODY_BYTES_BESIDE_DATA,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: handleFrameworkError,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } }
  })
  const closing = new AbortController()
  http.addHook('onClose', async () => closing.abort())
  tls?.watch({ clock, log: http.log, closing: closing.signal })
  const app = await mount(http, settings, clock, authenticate).catch(async (error: unknown) => {
    await http.close() // and with it what was started already
    throw error
  })
  return { ...app, tls }
}

/** Wires the parts by hand, and serves them on `http`. Throws a `ConfigError` where files that settings name are of no use. */
export async function mount (http: FastifyInstance, settings: Settings, clock: Clock, authenticate?: Authenticate): Promise<App> {
  const closing = new AbortController()
  http.addHook('onClose', async () => closing.abort())
  const surroundings = { clock, log: http.log, closing: closing.signal }
  const access = await createAccess(settings, surroundings, authenticate)
  const quotas = createQuotas(settings.quotas, surroundings)
  const warn = (sentence: string): void => http.log.warn(sentence)
  if (settings.auth.anonymous === 'always') warn('auth.anonymous is always: anybody who reaches this server may be any device.')
  const security = new Credentials(settings.kafka, clock, warn)
  if (security.mistakes.length > 0) throw new ConfigError(security.mistakes)
  if (security.isExposed) warn(`kafka.sasl.mechanism is ${settings.kafka.sasl.mechanism} and kafka.tls.enabled is false: whoever sees the network between this gateway and Kafka can log in as it.`)
  const embedded = usesEmbedded(settings) ? await startEmbedded(settings, http.log) : undefined
  if (embedded !== undefined) http.addHook('onClose', async () => await embedded.broker.close())
  const brokers = embedded === undefined ? settings.kafka.brokers : [embedded.address]
  const storage: Storage = embedded === undefined ? 'kafka' : settings.embedded.dir === undefined ? 'memory' : 'disk'

  const metrics = createMetrics(embedded !== undefined)
  const { kafka, topics, uplink } = settings
  const log = new KafkaLog({
    ...kafka,
    ...uplink,
    brokers,
    replicationFactor: kafka.replicationFactor,
    topics: [topics.uplink, topics.downlink, ...settings.audit.topic === undefined ? [] : [settings.audit.topic]],
    compacted: [topics.positions, topics.revocations],
    needs: needsOf(settings),
    security,
    warn,
    onStored: (topic, waitMs) => { if (topic === topics.uplink) metrics.stored(waitMs) }
  }, clock)
  http.addHook('onClose', async () => await log.close()) // again, where the gateway has done it
  const audited = createAudit(settings, log, clock, warn)
  if (audited !== undefined) http.addHook('onClose', async () => await audited.close())
  const gateway = new Gateway(settings, log, clock, http.log, access, quotas)
  await serveHttp(http, gateway, metrics, audited?.audit, clock)
  const observer: Observer = {
    ...metrics,
    denied: (session, verb, resource) => audited?.audit.write('denied', { ...sessionFacts(session), verb, resource }),
    refreshed: (session, code) => audited?.audit.write('refreshed', { ...sessionFacts(session), code })
  }
  return { http, gateway, brokers, storage, hasLogin: access.hasLogin, start: () => gateway.start(storage, observer), close: () => http.close() }
}

/** Its usual port, or any free one if that cannot be had. */
async function startEmbedded ({ embedded: { port, dir }, kafka: { partitions } }: Settings, log: FastifyBaseLogger): Promise<{ broker: DevKafka, address: string }> {
  const options = { partitions, log: (sentence: string) => log.warn(sentence), ...(dir === undefined ? {} : { dir }) }
  const broker = new DevKafka({ ...options, port })
  try {
    return { broker, address: await broker.listen() }
  } catch (error) {
    await broker.close() // and with it lets go of the folder
    const other = new DevKafka({ ...options, port: 0 })
    const address = await other.listen()
    log.warn(`The embedded broker listens on ${address}: ${(error as Error).message}.`)
    return { broker: other, address }
  }
}
