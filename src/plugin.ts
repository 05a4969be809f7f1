import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { mount } from './app.ts'
import { systemClock } from './clock.ts'
import { defaults, type DeepPartial, type Settings } from './config/index.ts'

/**
 * The gateway as a Fastify plugin: `app.register(sluice, { kafka: { brokers: ['localhost:9092'] } })`. The instance is ready
 * when Kafka is open and the ends of the downlink are pinned; `ready` and `listen` reject with a `LogError` where that fails.
 * It is not encapsulated, so that `app.injectWS` is there for tests.
 */
export const sluice = fp(async (app: FastifyInstance, settings: DeepPartial<Settings>) => {
  const { start } = await mount(app, defaults(settings), systemClock)
  app.addHook('onReady', start)
}, { fastify: '5.x', name: 'sluice' })
