import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Audit } from '../audit/audit.ts'
import type { Gateway } from '../gateway.ts'
import type { Observer } from '../session/context.ts'
import type { Callers } from './callers.ts'

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export interface Metrics extends Omit<Observer, 'denied' | 'refreshed'> {
  readonly registry: Registry
  /** A batch of the uplink is stored; its oldest record had waited so long. */
  readonly stored: (waitMs: number) => void
}

/** What is the process' own, whatever number of gateways it runs: prom-client watches it from the first call on and has no way to end that. */
let ofProcess: Registry | undefined

function processRegistry (): Registry {
  if (ofProcess === undefined) collectDefaultMetrics({ register: ofProcess = new Registry() })
  return ofProcess
}

export function createMetrics (embedded: boolean): Metrics {
  const registry = new Registry()
  const registers = [registry]
  new Gauge({ name: 'sluice_embedded', help: '1 on the embedded broker, which is for trying out, else 0.', registers }).set(embedded ? 1 : 0)
  const ack = new Histogram({ name: 'sluice_uplink_ack_seconds', help: 'From the first record of a batch until Kafka acknowledged it; one observation a batch.', buckets: SECONDS, registers })
  const delay = new Histogram({ name: 'sluice_downlink_delay_seconds', help: "From a downlink record's time until it was handed to a socket; at most one observation a millisecond.", buckets: SECONDS, registers })
  const refusals = new Counter({ name: 'sluice_refusals_total', help: 'Publishes refused, by code.', labelNames: ['code'], registers })
  const closes = new Counter({ name: 'sluice_closes_total', help: 'Sockets that the gateway closed, by the name of the close code.', labelNames: ['code'], registers })
  const gaps = new Counter({ name: 'sluice_gaps_total', help: 'Gap notices that were due to sockets, by reason; raw sockets cannot be told.', labelNames: ['reason'], registers })
  const limited = new Counter({ name: 'sluice_limited_total', help: 'Callers that were held back or refused because they want more than they may, by limit.', labelNames: ['limit'], registers })
  return {
    registry,
    stored: (waitMs) => ack.observe(waitMs / 1000),
    delivered: (delayMs) => delay.observe(delayMs / 1000),
    refused: (code) => refusals.inc({ code }),
    limited: (limit) => limited.inc({ limit }),
    closed: (code) => closes.inc({ code }),
    gap: (reason) => gaps.inc({ reason })
  }
}

/** `GET /metrics`, with what is read off the gateway at that moment. */
export function metricsRoute (app: FastifyInstance, gateway: Gateway, { registry }: Metrics, callers: Callers, audit: Audit | undefined): void {
  const registers = [registry]
  const read = (name: string, help: string, value: () => number): void => {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(value()) })
  }
  read('sluice_sockets', 'Open sockets.', () => gateway.hub.sockets)
  read('sluice_uplink_held_bytes', 'Bytes held for Kafka.', () => gateway.health().heldBytes)
  read('sluice_positions', 'Names of devices under which a position is held.', () => gateway.positions)
  read('sluice_revocations', 'Tokens, keys and devices whose access is revoked.', () => gateway.revocations.size)
  count('sluice_misplaced_total', 'Downlink records delivered here that do not lie in their home partition.', () => gateway.hub.misplaced)
  count('sluice_catchup_bytes_total', 'Bytes of the downlink that were read from Kafka again, for devices that came back.', () => gateway.catchupBytes)
  count('sluice_audit_lost_total', 'Lines of the audit log that were not written: too many came, or the file or topic took none.', () => audit?.lost ?? 0)
  count('sluice_undecodable_total', 'Records that could not be decoded and were passed over.', () => gateway.undecodable)
  const lag: Gauge = new Gauge({
    name: 'sluice_tail_lag_records',
    help: 'Records of the downlink that were not handed on yet.',
    labelNames: ['topic', 'partition'],
    registers,
    collect: () => gateway.lag.forEach((records, partition) => lag.set({ topic: gateway.settings.topics.downlink, partition }, records))
  })
  const stalled: Gauge = new Gauge({
    name: 'sluice_stalled_partitions',
    help: 'Partitions that are not written, or not read, at present.',
    labelNames: ['topic'],
    registers,
    collect: () => {
      const { stalls } = gateway.health()
      for (const topic of Object.values(gateway.settings.topics)) {
        stalled.set({ topic }, new Set(stalls.flatMap((stall) => stall.topic === topic ? stall.partition : [])).size)
      }
    }
  })
  const all = Registry.merge([processRegistry(), registry])
  app.get('/metrics', { onRequest: callers.permit('metrics') }, async (_request, reply) => await reply.type(all.contentType).send(await all.metrics()))

  function count (name: string, help: string, total: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers,
      collect: () => {
        counter.reset()
        counter.inc(total())
      }
    })
  }
}
