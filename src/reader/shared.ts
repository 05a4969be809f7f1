import type { Clock } from '../clock.ts'
import type { GapReason, Log } from '../log/log.ts'
import type { RecordView } from '../wire/record-view.ts'
import type { Budget } from './recent.ts'
import type { Turns } from './turns.ts'

/** What all partitions share. */
export interface Shared {
  readonly log: Log
  readonly clock: Clock
  readonly topic: string
  readonly budget: Budget
  readonly turns: Turns
  readonly signal: AbortSignal
  readonly sink: ReaderSink
  /** Who is behind by no more than this does not wait for those who are far behind. */
  readonly nearRecords: number
  /** A mark of the cluster, for cursors. */
  cluster: string
  partitions: number
  /** Bytes that were read from Kafka for those who were behind, and the requests for them. */
  fetchedBytes: number
  fetches: number
  /** How long passes have walked. */
  walkedMs: number
}

export interface ReaderSink {
  /** A record that was stored just now. The view is valid during the call only. */
  record: (partition: number, record: RecordView, cursorHead: string) => void
  undecodable: (partition: number, from: number, to: number, reason: string) => void
  /** Those who are live have lost records. */
  gap: (partition: number, from: number, to: number, reason: GapReason) => void
}
