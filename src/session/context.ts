import type { Clock } from '../clock.ts'
import type { Topic } from '../log/log.ts'
import type { CloseName } from '../protocol/closes.ts'
import type { Storage } from '../protocol/encode.ts'
import type { RefusalCode } from '../protocol/refusals.ts'
import type { Session } from './session.ts'
import type { Turn } from './turn.ts'

/** What every session of one gateway shares. */
export interface Context {
  readonly uplink: Topic
  readonly downlink: Topic
  readonly watchers: Watching
  readonly clock: Clock
  readonly turn: Turn
  readonly limits: Limits
  readonly storage: Storage
  readonly observer: Observer
}

export interface Limits {
  readonly heartbeatMs: number
  readonly maxFrameBytes: number
  readonly outboxBytes: number
  /** Publishes of one session that Kafka has not answered yet; beyond it the socket is not read. */
  readonly inFlight: number
}

/** Who follows which devices' uplink. */
export interface Watching {
  /** Resolves, with all that the session watches, once everything stored from then on will be sent. */
  watch: (session: Session, device: string) => Promise<readonly string[]>
  /** The same for one more entry, while a `watch` of the session is under way. */
  add: (session: Session, device: string) => void
  unwatch: (session: Session, device: string) => readonly string[]
  /** How many entries the session has. */
  count: (session: Session) => number
  forget: (session: Session) => void
}

export interface Observer {
  refused: (code: RefusalCode) => void
  closed: (name: CloseName) => void
  /** A downlink record's time until it was handed to a socket; at most one a millisecond is told. */
  delivered: (delayMs: number) => void
}
