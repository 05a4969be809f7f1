import type { Grants, Verb } from '../access/policy.ts'
import type { Clock } from '../clock.ts'
import type { Topic } from '../log/log.ts'
import type { Rates } from '../limits/rates.ts'
import type { CloseName } from '../protocol/closes.ts'
import type { DenialCode } from '../protocol/denials.ts'
import type { Storage } from '../protocol/encode.ts'
import type { RefusalCode } from '../protocol/refusals.ts'
import type { GapReason } from '../protocol/gaps.ts'
import type { Since } from '../protocol/since.ts'
import type { Expiry } from './expiry.ts'
import type { Mode } from './opening.ts'
import type { Session } from './session.ts'
import type { Turn } from './turn.ts'

/** What every session of one gateway shares. */
export interface Context {
  readonly uplink: Topic
  readonly follow: (session: Session) => Following
  readonly watchers: Watching
  readonly rates: Rates
  readonly clock: Clock
  readonly turn: Turn
  readonly expiry: Pick<Expiry, 'add' | 'remove'>
  /** Who brings that token on an open socket, and what it may do. Rejects with a `Problem` where it is not good. */
  readonly identify: (token: string, session: Session) => Promise<Grants>
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
  /** The session's entries. */
  watched: (session: Session) => readonly string[]
  forget: (session: Session) => void
}

/** A position that the server holds for a socket, which moves as the device receives. */
export interface Hold {
  /** Everything up to this cursor was received. */
  received: (cursor: string) => void
  /** Nothing for the device lies before this cursor either. */
  passed: (cursor: string) => void
  release: () => void
}

/** A record on its way to sockets. */
export interface Deliverable {
  readonly offset: number
  /** The WebSocket frame for a socket of that mode; undefined where it gets none. `placed`: with the cursor behind it. */
  frame: (mode: Mode, placed: boolean) => Buffer | undefined
}

/** Where one session stands in the downlink. */
export interface Following {
  /** While a promise is not settled, records from now on wait. */
  begin: (since: Since | Promise<Since>) => void
  /** Behind which everything of its device was sent to it; undefined while it is still looked up where it begins. */
  cursor: () => string | undefined
  /** It stands where the tails stand. */
  readonly isLive: boolean
  /** Whether live records of the partition are not for it yet: it will come past them. */
  isBehind: (partition: number) => boolean
  /** Whether records of its device are looked for in the partition when it comes back. */
  isHome: (partition: number) => boolean
  /** Whether the cursor behind a record of the partition says all. */
  isPlaced: (partition: number) => boolean
  /** The topic has more partitions, and its producers have learnt of it. */
  rehome: () => void
  end: () => void
}

export interface Observer {
  refused: (code: RefusalCode) => void
  closed: (name: CloseName) => void
  /** Somebody was held back, or refused, because he wants more than he may. */
  limited: (limit: string) => void
  /** A session asked for what it may not; told once for each verb. */
  denied: (session: Session, verb: Verb, resource: string) => void
  /** A session showed a new token; the code says why it was not taken. */
  refreshed: (session: Session, code?: DenialCode | CloseName) => void
  /** A socket was told that records for it may be gone. */
  gap: (reason: GapReason) => void
  /** A downlink record's time until it was handed to a socket; at most one a millisecond is told. */
  delivered: (delayMs: number) => void
}
