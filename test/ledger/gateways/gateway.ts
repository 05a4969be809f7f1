import type { DeepPartial, Settings } from '../../../src/config/index.ts'

/** One instance of the gateway, which can be ended and begun again. */
export interface Instance {
  /** Where it listens; undefined while it does not run. */
  readonly port: number | undefined
  start: () => Promise<void>
  /** As SIGTERM. */
  drain: () => Promise<void>
  /** As SIGKILL; absent where it runs in this process. */
  kill?: () => Promise<void>
}

export interface InstanceOptions {
  readonly settings: DeepPartial<Settings>
  /** Shorter than a setting may be. */
  readonly heartbeatMs: number
}
