import type { DeepPartial, Settings } from '../../src/config/index.ts'
import type { Random } from './random.ts'

export interface PlanOptions {
  readonly kind: 'embedded' | 'real'
  readonly instances: number
}

/** What a seed decides beside the faults themselves. */
export interface Plan {
  readonly settings: DeepPartial<Settings>
  readonly heartbeatMs: number
  readonly partitions: number
  readonly protocolDevices: number
  readonly rawDevices: number
  /** Between two publishes of one device, and between two writes of the service, at most. */
  readonly publishEveryMs: number
  readonly writeEveryMs: number
  readonly loadMs: number
  readonly faults: number
  /** Gateways as processes of their own, which can be killed. */
  readonly ownProcesses: boolean
  readonly transactionTimeoutMs: number
}

const OWN_PROCESSES = 0.2
const KIB = 1024

export function drawPlan (random: Random, { kind }: PlanOptions): Plan {
  const real = kind === 'real'
  const outboxBytes = random.pick([64 * KIB, 1024 * KIB])
  return {
    settings: {
      ws: { outboxBytes },
      uplink: {
        inFlight: random.pick([2, 16, 256]),
        holdBytes: random.pick([48 * KIB, 64 * 1024 * KIB, 64 * 1024 * KIB]),
        holdMs: random.pick(real ? [2_000, 10_000, 30_000] : [300, 1_000, 30_000])
      },
      downlink: { partitioner: random.pick(['murmur2', 'murmur2', 'any']) },
      history: { bytes: random.pick([0, 32 * KIB, 64 * 1024 * KIB]) },
      // Below the tail's long poll of half a second every fetch that finds nothing counts as failed.
      kafka: { requestTimeoutMs: random.pick(real ? [1_000, 5_000] : [1_000, 1_000, 5_000]) },
      drainMs: random.pick([100, 5_000])
    },
    heartbeatMs: random.pick(real ? [1_000, 5_000] : [200, 1_000]),
    partitions: random.pick([1, 3, 6]),
    protocolDevices: random.int(3, 8),
    rawDevices: random.int(0, 2),
    publishEveryMs: random.pick([30, 80]),
    writeEveryMs: random.pick([20, 60]),
    loadMs: real ? 60_000 : random.int(1_500, 3_500),
    faults: real ? 10 : random.int(3, 6),
    ownProcesses: real || random.chance(OWN_PROCESSES),
    transactionTimeoutMs: real ? 5_000 : 3_000
  }
}
