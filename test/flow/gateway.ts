/** The whole gateway, as `sluice start` runs it, on topics of its own and a free port. */

import type { FastifyBaseLogger } from 'fastify'
import type { Authenticate } from '../../src/access/authenticate.ts'
import { createApp, type App } from '../../src/app.ts'
import type { Clock } from '../../src/clock.ts'
import { defaults, type DeepPartial, type Settings } from '../../src/config/index.ts'
import type { TestBroker } from '../kafka/broker.ts'
import { wayTo } from '../kafka/secured-run.ts'
import { kept } from '../logs/keep.ts'
import { HeldClock } from './held-clock.ts'
import { openDevice, ProtocolDevice, RawDevice, type OpenOptions } from './device.ts'

export interface TestGateway {
  app: App
  /** host:port */
  host: string
  /** http://host:port, https where it speaks TLS */
  origin: string
  uplink: string
  downlink: string
  /** A device in raw mode, whose socket is open. */
  raw: (id: string, options?: OpenOptions) => Promise<RawDevice>
  /** A device that speaks sluice.v1 and has been welcomed. */
  device: (id: string, options?: OpenOptions) => Promise<ProtocolDevice>
}

export interface GatewayOptions {
  settings?: DeepPartial<Settings>
  clock?: Clock
  logger?: FastifyBaseLogger
  authenticate?: Authenticate
  /** False: it listens, but has not opened Kafka yet. */
  start?: boolean
}

/** As much of a tap test as is needed here. */
interface Owner { teardown: (fn: () => Promise<void>) => void }

let gateways = 0

export async function startGateway (t: Owner, broker: TestBroker, options: GatewayOptions = {}): Promise<TestGateway> {
  const n = ++gateways
  return await gatewayOn(t, broker.brokers, { uplink: broker.topic(`uplink${n}`), downlink: broker.topic(`downlink${n}`) }, options)
}

/** A gateway on given topics: a second instance, say. */
export async function gatewayOn (
  t: Owner, brokers: string, topics: { uplink: string, downlink: string }, { settings = {}, clock, logger, authenticate, start = true }: GatewayOptions = {}
): Promise<TestGateway> {
  const all = { positions: `${topics.downlink}.positions`, revocations: `${topics.downlink}.revocations`, ...topics }
  const way = await wayTo(brokers, all, settings.audit)
  const app = await createApp({
    settings: defaults({
      port: 0,
      simulate: 0,
      ...settings,
      topics: all,
      kafka: { ...way, createTopics: true, partitions: 4, ...settings.kafka }
    }),
    ...(clock === undefined ? {} : { clock }),
    ...(logger === undefined ? kept : { logger }),
    authenticate
  })
  t.teardown(() => app.close())
  const listening = await app.http.listen({ host: '127.0.0.1', port: 0 })
  const origin = app.tls === undefined ? listening : listening.replace('http:', 'https:') // Fastify does not know what the server that it is given speaks
  const sockets = origin.replace('http', 'ws')
  if (start) await started(app, clock)
  const host = new URL(origin).host
  return {
    app,
    host,
    origin,
    ...topics,
    raw: async (id, options) => await openDevice(new RawDevice(`${sockets}/ws/${id}${options?.query ?? ''}`, options?.protocols, options?.headers, options?.tls)),
    device: async (id, options) => {
      const device = await openDevice(new ProtocolDevice(`${sockets}/ws/${id}${options?.query ?? ''}`, ['sluice.v1'], options?.headers, options?.tls))
      device.welcome = await device.nextOf('welcome')
      return device
    }
  }
}

/** A topic that was created a moment ago may have to be asked about again, and time that stands still would never come to that. */
async function started (app: App, clock: Clock | undefined): Promise<void> {
  const timer = clock instanceof HeldClock ? setInterval(() => clock.advance(100), 100) : undefined
  await app.start().finally(() => clearInterval(timer))
}
