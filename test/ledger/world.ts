import type { Proxy } from '../net/proxy.ts'
import type { Device } from './devices/device.ts'
import type { Instance } from './gateways/gateway.ts'
import type { History } from './history/history.ts'
import type { Cluster } from './kafka/cluster.ts'
import type { Writer } from './services/writer.ts'

/** One instance and the network before it. */
export interface Site {
  readonly instance: Instance
  readonly proxy: Proxy
  readonly port: number
}

/** All that one run consists of, and that faults may lay hands on. */
export interface World {
  readonly kafka: Cluster
  readonly sites: readonly Site[]
  readonly devices: readonly Device[]
  readonly writer: Writer
  readonly history: History
  readonly topics: { readonly uplink: string, readonly downlink: string, readonly positions: string, readonly revocations: string }
  /** How much longer everything takes than on the embedded broker. */
  readonly slowness: number
}

/** Starts an instance, and lets its proxy know. */
export async function open ({ instance, proxy }: Site): Promise<void> {
  proxy.target = undefined
  await instance.start()
  proxy.target = instance.port
}
