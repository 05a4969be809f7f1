import type { SocketClass } from './connection.ts'
import type { Gap, Welcome } from './frames.ts'
import type { Message } from './inbox.ts'
import type { Store } from './journal.ts'

export interface Options {
  /** Asked before each connection is opened; the token travels as the subprotocol `bearer.<token>`. */
  getToken?: () => string | Promise<string>
  /**
   * The producer session, 1-48 characters A-Z a-z 0-9 _ -; made up if not given. A store's own comes first. Of a given one the
   * past is not known, so its ids begin at the time in microseconds: they rise from one start of the program to the next.
   */
  session?: string
  /** The name under which the server keeps this client's position, moved by what was handled. */
  resume?: string
  /** Where to begin the first time: a cursor, a time, an age such as -10m at the first attempt to connect, or earliest. Not together with `resume`. */
  since?: string
  /** Keeps cursor, session and un-acked publishes over a reload or a crash. */
  store?: Store
  /** `auto` (default): a message is handled when the listener returns, or the iteration asks for the next. `manual`: by `message.received()`. */
  acknowledge?: 'auto' | 'manual'
  /** Bound of the publishes that are not acked, and of the messages that wait to be taken: 1 MiB each. */
  maxBufferedBytes?: number
  /** Bounds of the first wait before a reconnect, 1 s, and of all waits, 30 s; each wait is a random part of a bound that doubles. */
  minRetryMs?: number
  maxRetryMs?: number
  /** Closes the client. */
  signal?: AbortSignal
  /** Where there is no global one, as in Node before 22: that of `ws`. */
  WebSocket?: SocketClass
}

export interface PublishOptions {
  /** The kind of message, 1-128 characters. */
  event?: string
  /** Stops the waiting. A publish that has not gone out yet is taken back; one that has may be stored all the same. */
  signal?: AbortSignal
}

export type State =
  | { name: 'connecting', why?: string, retryAt?: number }
  | { name: 'resuming', welcome: Welcome }
  | { name: 'live', welcome: Welcome }
  | { name: 'stalled', why: string }
  | { name: 'closed', why: string, code?: number | undefined }

export type Events = { [Name in State['name']]: Extract<State, { name: Name }> } & {
  state: State
  message: Message
  gap: Gap
  watching: string[]
}
