import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import { createApp, type App } from '../app.ts'
import { banner } from '../banner.ts'
import { systemClock } from '../clock.ts'
import { ConfigError, isLoopback, type Settings } from '../config/index.ts'
import { LogError } from '../log/log.ts'
import { simulate } from '../simulate/simulate.ts'

const FAILED = 1
const ENDED_AT_ONCE = 130
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

type Process = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'once' | 'on' | 'exit'>

/** Runs the gateway until a signal stops it. Resolves with the exit code. */
export async function start (settings: Settings, process: Process): Promise<number> {
  const logger = createLogger(settings, process.stdout.isTTY)
  let app: App
  try {
    app = await createApp({ settings, logger })
  } catch (error) {
    logger.fatal(whatToDo(error, settings))
    return FAILED
  }
  const stopSimulating = await run(app, settings, logger, process)
  if (stopSimulating === undefined) {
    await app.close()
    return FAILED
  }
  await signalled(process)
  logger.info('Stopping: finishing what is in flight. Once more ends at once.')
  for (const signal of SIGNALS) process.on(signal, () => process.exit(ENDED_AT_ONCE))
  stopSimulating()
  await app.close()
  logger.info('Stopped.')
  return 0
}

/** Listens, opens Kafka, and says where everything is. Undefined if that failed, which has been told. */
async function run (app: App, settings: Settings, logger: Logger, process: Process): Promise<(() => void) | undefined> {
  const { host, port, http, topics, embedded: { dir }, simulate: simulated } = settings
  const secure = app.tls !== undefined
  try {
    // Node's 511 overflow when a fleet comes back at once, and whom the kernel drops tries again after 1, 3 and 7 s. More than may be idle would push each other out.
    const backlog = Math.min(http.maxIdle, http.maxIdlePerAddress)
    await app.http.listen({ host, port, backlog, listenTextResolver: (at) => `Listening on ${secure ? at.replace('http:', 'https:') : at}; opening Kafka.` })
    await app.start()
  } catch (error) {
    logger.fatal(whatToDo(error, settings))
    return undefined
  }
  const bound = app.http.server.address() as { port: number }
  const address = `${reachable(host)}:${bound.port}`
  const embedded = app.storage !== 'kafka'
  const terminal = process.stdout.isTTY
  const { auth: { anonymous } } = settings
  const closed = anonymous !== 'always' && (anonymous === 'never' || app.hasLogin || !isLoopback(host))
  if (closed && !app.hasLogin) logger.warn(`Nobody can connect: this server listens on ${host}, and auth.anonymous is ${anonymous}. Set auth.anonymous to always to let in whoever reaches it, or HOST to 127.0.0.1.`)
  const devices = closed || settings.tls.clientCertificates === 'required' ? 0 : simulated // they have no credentials
  if (embedded) logger.warn({ brokers: app.brokers }, `EMBEDDED BROKER: no Kafka is used; records are kept in ${dir ?? 'memory'}. For trying out, never for production.`)
  logger.info({ address, brokers: app.brokers }, `Sluice serves http${secure ? 's' : ''}://${address}/ with ${embedded ? 'the embedded broker' : 'Kafka'} at ${app.brokers.join(', ')}.`)
  // Who tries it out reads the banner; who reads JSON from standard output is not disturbed by it.
  if (terminal || embedded) {
    const text = banner({ address, secure, brokers: app.brokers, embedded, dir, simulated: devices, uplink: topics.uplink, downlink: topics.downlink })
    ;(terminal ? process.stdout : process.stderr).write(text)
  }
  return simulate(address, devices, systemClock, app.tls)
}

/** An address to paste: "all addresses" is none. */
function reachable (host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** Sentences on a terminal, JSON for machines. */
function createLogger ({ logLevel }: Settings, terminal: boolean): Logger {
  if (!terminal) return pino({ level: logLevel })
  return pino({ level: logLevel, base: null }, pretty({ colorize: true, ignore: 'time', hideObject: true, sync: true }))
}

function whatToDo (error: unknown, { host, port }: Settings): string {
  const { code, message } = error as { code?: string, message: string }
  if (error instanceof LogError || error instanceof ConfigError) return message
  if (code === 'EADDRINUSE') return `Port ${port} on ${host} is taken. Set another with --port or PORT, or end what listens there.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `This machine has no address ${host}. Set --host to one that it has, or to 0.0.0.0 for all.`
  if (code === 'EACCES') return `The system does not permit that to this user: ${message}. Set another port or folder, or get the permission.`
  return `The start failed: ${message}`
}

function signalled (process: Process): Promise<void> {
  return new Promise((resolve) => { for (const signal of SIGNALS) process.once(signal, () => resolve()) })
}
