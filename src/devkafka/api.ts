import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import type { ApiName } from './api-keys.ts'
import type { Groups } from './groups.ts'
import type { Topics } from './topics.ts'
import type { Transactions } from './transactions.ts'

/** What every connection shares. */
export interface Cluster {
  readonly id: string
  readonly apis: readonly Api[]
  readonly topics: Topics
  readonly groups: Groups
  readonly transactions: Transactions
  /** Whether asking for the metadata of an unknown topic creates it. */
  readonly autoCreate: boolean
  /** Says this in the log once, whoever causes it again. */
  readonly sayOnce: (sentence: string) => void
}

/** What one request is about, beside its body. */
export interface Context extends Cluster {
  readonly version: number
  readonly clientId: string
  /** The address at which this client reached the broker, so that is what it is told. */
  readonly host: string
  readonly port: number
  readonly remoteHost: string
  /** The code that an injected fault wants answered, nothing being done; else 0. */
  readonly fault: number
  /** What an injected fault wants to be said not to be allowed: bits of operations; else 0. */
  readonly withheld: number
  /** What an injected fault wants a producer to wait; else 0. */
  readonly throttleMs: number
  /** Aborted when the connection ends. */
  readonly gone: AbortSignal
}

/** One Kafka API. Its file's header gives the grammar; `v5+` marks what only those versions have. */
export interface Api {
  readonly name: ApiName
  /** The oldest and the newest version spoken, none of them flexible. */
  readonly versions: readonly [oldest: number, newest: number]
  /** Returns (or resolves to) 'silent' where the protocol asks for no answer. */
  handle: (request: Reader, reply: Writer, context: Context) => unknown
}

/** The only node. */
export const NODE_ID = 1
