import type { ApiName } from '../../../src/devkafka/api-keys.ts'
import type { Fault } from '../../../src/devkafka/faults.ts'
import type { Proxy } from '../../net/proxy.ts'

/** A Kafka whose brokers can be ill-treated. */
export interface Cluster {
  readonly kind: 'embedded' | 'real'
  readonly brokers: string
  readonly size: number
  readonly replicationFactor: number
  /** The network to each broker, where there is one. */
  readonly links?: readonly Proxy[]
  kill: (broker: number) => Promise<void>
  /** Resolves when it answers again. */
  restart: (broker: number) => Promise<void>
  freeze: (broker: number) => void
  thaw: (broker: number) => void
  /** The next requests of that API meet these, one each. Undefined on a real Kafka. */
  plant?: (api: ApiName, faults: readonly Fault[]) => void
  /** Takes back what nobody met. */
  unplant?: (api: ApiName) => void
  stop: () => Promise<void>
}
