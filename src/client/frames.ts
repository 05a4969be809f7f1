/** What travels in `sluice.v1`, as docs/protocol.md has it; frames and members that are not known here are passed over. */

export interface Welcome {
  type: 'welcome'
  device: string
  session: string
  storage: string
  heartbeatMs: number
  /** The credentials are good for so long. */
  expiresInMs?: number
  limits: { maxFrameBytes: number, inFlight: number, outboxBytes: number }
  cursor?: string
  resuming?: boolean
}

export interface Ack { type: 'ack', id: number, partition: number, offset: number }

export interface Refused {
  type: 'refused'
  id: number
  code: string
  message: string
  temporary: boolean
  outcome: 'not-stored' | 'unknown'
}

export interface MessageFrame {
  type: 'message'
  /** Who sent it, where the message is a watched device's. */
  device?: string
  event?: string
  /** The value, where that is JSON; of a record without a value neither this nor `base64` is there. */
  data?: unknown
  base64?: string
  contentType?: string
  /** The record's time in milliseconds since 1970. */
  time: number
  /** Where the next connection may begin: behind this message. */
  cursor?: string
}

/** Messages may be missing between the one before and the next. */
export interface Gap {
  type: 'gap'
  /** `retention`, `truncated`, `cluster`, `undecodable` as the server tells; `not-taken`: this program did not take them in time. */
  reason: string
  message: string
}

export type ServerFrame =
  | Welcome | Ack | Refused | MessageFrame | Gap
  | { type: 'cursor', cursor: string }
  | { type: 'stalled', message: string }
  | { type: 'live', cursor?: string }
  | { type: 'watching', devices: string[], denied?: string }
  | { type: 'refreshed', expiresInMs?: number }
  | { type: 'denied', code: string, message: string }
  | { type: 'bye', code: number, reason: string, retryMs: number }
