/** What happened, as the outside saw it: nothing here is known from the gateway's inside. */

interface On { readonly socket: number }

/** A socket is open. `since` is the cursor that it came with, and `sinceEvent` the event that had told it; any other `since` means everything. */
export interface Opened extends On {
  readonly type: 'opened'
  readonly device: string
  readonly mode: 'raw' | 'sluice.v1'
  readonly instance: number
  readonly since?: string
  readonly sinceEvent?: number
}
export interface Welcomed extends On { readonly type: 'welcomed', readonly session: string, readonly cursor?: string, readonly resuming: boolean }
/** Raw sockets have no ids of their own; theirs are counted here, from 1. */
export interface Published extends On { readonly type: 'published', readonly id: number, readonly value: string }
/** Of raw sockets: a pong that was held until Kafka had it all. Partition and offset are -1 where they were not told. */
export interface Acked extends On { readonly type: 'acked', readonly id: number, readonly partition: number, readonly offset: number }
export interface Refused extends On {
  readonly type: 'refused'
  readonly id: number
  readonly code: string
  readonly temporary: boolean
  readonly outcome: 'not-stored' | 'unknown'
}
export interface Delivered extends On { readonly type: 'delivered', readonly value: string, readonly cursor?: string }
export interface CursorTold extends On { readonly type: 'cursor', readonly cursor: string }
export interface GapTold extends On { readonly type: 'gap', readonly reason: string, readonly cursor?: string }
export interface Stalled extends On { readonly type: 'stalled', readonly message: string }
export interface Live extends On { readonly type: 'live', readonly cursor?: string }
/** However it ended; `own` where the device itself wanted it. */
export interface Closed extends On { readonly type: 'closed', readonly code: number, readonly reason: string, readonly own: boolean }
/** An upgrade was answered with plain HTTP. */
export interface TurnedAway { readonly type: 'turned-away', readonly device: string, readonly status: number, readonly code: string, readonly query: string }

/** A service begins to write a downlink record. */
export interface Written { readonly type: 'written', readonly device: string, readonly value: string }
/** A record as the independent reader found it, when all was over. `id` is its `sluice-id`. */
export interface Stored {
  readonly type: 'stored'
  readonly topic: 'uplink' | 'downlink'
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
  readonly id?: string
}

export interface FaultBegan { readonly type: 'fault', readonly fault: string, readonly detail: string }
export interface FaultEnded { readonly type: 'fault-ended', readonly fault: string }
/** All is well and quiet: sockets that are open now were open to the end. `devices` should each have one. */
export interface Ended { readonly type: 'ended', readonly devices: readonly string[] }

export type Happening =
  | Opened | Welcomed | Published | Acked | Refused | Delivered | CursorTold | GapTold | Stalled | Live | Closed | TurnedAway
  | Written | Stored | FaultBegan | FaultEnded | Ended

/** `at`: milliseconds since the run began, on one clock for all. */
export type Event = Happening & { readonly at: number }
