import type { Grants } from '../access/policy.ts'
import type { Since } from '../protocol/since.ts'

/** How a socket speaks: raw frames, with the kind of those sent to it pinned or not, or sluice.v1. */
export type Mode = 'raw' | 'raw-text' | 'raw-binary' | 'sluice.v1'

/** Who opens a socket, and what it asks for. */
export interface Opening {
  readonly device: string
  /** Where it comes from: an IP address, or `localhost` for an in-memory pair. */
  readonly address: string
  /** What it may do. */
  readonly grants: Grants
  readonly mode: Mode
  readonly origin?: string | undefined
  /** The producer session, which outlives connections; undefined: this connection is it. */
  readonly session?: string | undefined
  /** The pong to a ping of the device is held until every frame before it is in Kafka. */
  readonly holdPongs?: boolean
  /** Where its downlink begins. */
  readonly since?: Since | undefined
  /** The name under which the server holds its position; its downlink begins there. */
  readonly resume?: string | undefined
}
