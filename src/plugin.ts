import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Authenticate } from './access/authenticate.ts'
import { mount } from './app.ts'
import { systemClock } from './clock.ts'
import { ConfigError, defaults, type DeepPartial, type Settings } from './config/index.ts'

/** The settings, and who comes in where that is a matter of the team's own. */
export interface SluiceOptions extends DeepPartial<Settings> { readonly authenticate?: Authenticate }

/**
 * The gateway as a Fastify plugin: `app.register(sluice, { kafka: { brokers: ['localhost:9092'] } })`. The instance is ready
 * when Kafka is open and the ends of the downlink are pinned; `ready` and `listen` reject with a `LogError` where that fails.
 * TLS is the server's, so `tls` is refused here; a client's certificate that the server has verified counts.
 * It is not encapsulated, so that `app.injectWS` is there for tests.
 */
export const sluice = fp(async (app: FastifyInstance, { authenticate, ...settings }: SluiceOptions) => {
  if (settings.tls !== undefined) throw new ConfigError(['tls is set, but a plugin does not listen; give Fastify its own https option'])
  const { start } = await mount(app, inTime(defaults(settings), app.initialConfig.pluginTimeout), systemClock, authenticate)
  app.addHook('onReady', start)
}, { fastify: '5.x', name: 'sluice' })

/** Fastify ends a start after `pluginTimeout` (0: never) with an error that says nothing of Kafka, so ours has to come before. */
function inTime (settings: Settings, pluginTimeoutMs = 10_000): Settings {
  if (pluginTimeoutMs === 0) return settings
  const connectTimeoutMs = Math.min(settings.kafka.connectTimeoutMs, pluginTimeoutMs * 0.8)
  return { ...settings, kafka: { ...settings.kafka, connectTimeoutMs } }
}
