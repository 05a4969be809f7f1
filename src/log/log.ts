import type { HeaderBlock } from '../wire/header-block.ts'
import type { Chunk } from './chunk.ts'

/**
 * The one narrow interface to Kafka: append to a partition, read a partition from an offset, partition ends, health. Whatever
 * stands behind it passes the suite in test/log/conformance.ts. Offsets are numbers; they are exact up to 2^53.
 */
export interface Log {
  /** Finds the topics and readies them for appending. Throws a `LogError` that says what to do. */
  open: () => Promise<void>
  /** An opened topic, by its name. */
  topic: (name: string) => Topic
  /** The offset behind the last readable record of each partition: what an open transaction holds back counts as not yet there. */
  ends: (topic: string) => Promise<number[]>
  /** The offset of the first record of each partition that still exists. */
  starts: (topic: string) => Promise<number[]>
  /** The offset of the first record of each partition that is not older than `timeMs` (by its batch); the end where there is none. */
  offsetsAt: (topic: string, timeMs: number) => Promise<number[]>
  /** Reads every partition of a topic from `offsets` on, for ever, whatever happens to Kafka meanwhile. One tail a topic at a time. */
  tail: (topic: string, offsets: readonly number[], sink: TailSink) => Tail
  /** One piece of a partition, from the record at `offset` on; an empty one where the broker that was asked has nothing from there on. Throws a `LogError`. */
  fetch: (topic: string, partition: number, offset: number, maxBytes?: number) => Promise<Fetched>
  /** Names the Kafka cluster that was opened. */
  readonly cluster: string
  health: () => Health
  /** Resolves when everything that was appended has been stored or has failed. */
  flush: () => Promise<void>
  close: () => Promise<void>
}

/** `readable`: the offset behind the last record that could be read at that broker; one that leads only now may be a little behind. */
export interface Fetched extends Chunk { readonly readable: number }

export interface Topic {
  readonly name: string
  /** As many as there were when it was opened; one that was added since can be appended to as well. */
  readonly partitions: number
  /**
   * Appends a record whose value is `source[from, to)`, or null where `to` is `from - 1`; everything is copied before it
   * returns. `waiter` hears of `id` once, through `stored` or `failed`, later.
   *
   * @returns false when so much is held already that nothing more is taken; `waiter` hears nothing then
   */
  append: (partition: number, key: Buffer, source: Buffer, from: number, to: number, headers: HeaderBlock, waiter: Waiter, id: number) => boolean
  /** True when so much is held for that partition that who appends to it should slow down. */
  pressed: (partition: number) => boolean
}

/** Who appended. Ids of one waiter rise; `stored` and `failed` come in the order of the appends to one partition. */
export interface Waiter {
  /** `count` records, the last of them `id` at `offset` (-1: Kafka knew it already), are acknowledged by all in-sync replicas. */
  stored: (id: number, count: number, partition: number, offset: number) => void
  failed: (id: number, failure: Failure) => void
}

export interface Failure {
  readonly code: FailureCode
  /** Kafka's own word for it, where there is one. */
  readonly reason: string
}

/** A closed set: the session and the HTTP API each have an answer for every one. */
export type FailureCode =
  | 'record-too-large' | 'not-authorized' | 'topic-missing' | 'kafka-refused' // Kafka has it not, and said so
  | 'kafka-away' // it was never sent
  | 'outcome-unknown' // it was sent, and no answer came

export interface TailSink {
  /** The next piece of a partition; it is the sink's from then on. */
  chunk: (partition: number, chunk: Chunk) => void
  /** Records from `from` on are gone; the reading goes on at `to`. */
  gap: (partition: number, from: number, to: number, reason: GapReason) => void
  /** The topic has more partitions than before; each new one is read from its first record on. */
  grown?: (partitions: number) => void
}

/** Why records are gone: retention removed them, or others stand where they were. */
export type GapReason = 'retention' | 'truncated'

export interface Tail {
  /** Records that exist and were not handed on yet, per partition. */
  lag: () => number[]
  /** Resolves when the partitions that the topic has now are known, and followed. */
  look: () => Promise<void>
  close: () => void
}

export interface Health {
  /** Each partition that is not written, or not read, at present; and why. */
  readonly stalls: readonly Stall[]
  readonly heldBytes: number
}

export interface Stall {
  readonly topic: string
  /** -1: all of them, and nothing waits for them. */
  readonly partition: number
  /** A sentence, also for who is outside. */
  readonly reason: string
  /** Kafka does not let this gateway: what others have to do with the topic goes on. */
  readonly isDenied?: true
}

export class LogError extends Error {
  readonly code: 'unreachable' | 'topic-missing' | 'topic-wrong' | 'not-authorized' | 'offset-gone' | 'failed'

  constructor (code: LogError['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'LogError'
    this.code = code
  }
}
