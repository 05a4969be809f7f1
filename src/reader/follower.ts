import type { GapReason } from '../log/log.ts'
import { formatCursor, MAX_CURSOR_LENGTH, type Cursor, type Place } from '../protocol/cursor.ts'
import type { Since } from '../protocol/since.ts'
import type { Following } from '../session/context.ts'
import type { Session } from '../session/session.ts'
import { murmur2 } from '../wire/murmur2.ts'
import { Behind, type BehindSink } from './behind.ts'
import type { Lookups } from './lookups.ts'
import type { PartitionReader } from './partition.ts'
import { UNKNOWN_EPOCH } from './waiter.ts'

/** Another cluster's records have other offsets, and clocks differ: what lies so much before the time that is wanted is read too. */
const OVERLAP_MS = 60_000
const NOBODY: ReadonlyMap<number, Behind> = new Map()
/** A partition that was added a moment ago. */
const NEW: Omit<Place, 'partition'> = { offset: 0, batchMs: 0, epoch: UNKNOWN_EPOCH }

/** What followers ask of the reader. */
export interface Partitions {
  readonly cluster: string
  /** How many there were when cursors that are given now are to be compared. */
  readonly announced: number
  readonly all: readonly PartitionReader[]
  /** Those in which a device's records may lie. */
  readonly homesOf: (key: Buffer) => readonly PartitionReader[]
  readonly lookups: Lookups
  /** Resolves when `all` is what there is now: until then keys may have moved unseen. */
  readonly fresh: () => Promise<void>
}

/** Where one session stands in each partition that may hold records of its device. */
export class Follower implements Following, BehindSink {
  readonly #session: Session
  readonly #partitions: Partitions
  #homes: readonly PartitionReader[]
  /** By partition. */
  #behind = NOBODY
  /** Where the tails stood when it came, until it is known where to begin: live records wait as long. */
  #held: readonly Place[] | undefined
  readonly #hash: number
  #ended = false

  constructor (session: Session, partitions: Partitions) {
    this.#session = session
    this.#partitions = partitions
    this.#hash = murmur2(session.key)
    this.#homes = partitions.homesOf(session.key)
  }

  /** Undefined while it is still looked up where it begins. */
  cursor (): string | undefined {
    const { cluster, announced } = this.#partitions
    if (this.#held !== undefined) return undefined
    const places = this.#behind.size === 0 ? this.#homes.map(({ place }) => place) : this.#placesBehind()
    const text = places === undefined ? undefined : formatCursor(cluster, announced, places.filter(({ partition }) => partition < announced))
    return text !== undefined && text.length <= MAX_CURSOR_LENGTH ? text : undefined
  }

  /** Where it stands in its homes, and wherever else it is on the way. */
  #placesBehind (): Place[] | undefined {
    const places = [...this.#homes.filter(({ partition }) => !this.isBehind(partition)), ...this.#behind.values()].map(({ place }) => place)
    if (places.some((place) => place === undefined)) return undefined
    return (places as Place[]).sort((a, b) => a.partition - b.partition)
  }

  get isLive (): boolean { return this.#behind.size === 0 && this.#held === undefined }

  /** Live records of the partition are not for it yet: it will come past them. */
  isBehind (partition: number): boolean {
    return this.#held !== undefined || this.#behind.has(partition)
  }

  isHome (partition: number): boolean { return this.#homes.some((home) => home.partition === partition) || this.isBehind(partition) }

  isPlaced (partition: number): boolean {
    return this.#homes.length === 1 && (this.#homes[0] as PartitionReader).partition === partition &&
      (this.#behind.size === 0 || (this.#behind.size === 1 && this.isBehind(partition)))
  }

  begin (since: Since | Promise<Since>): void {
    if (since instanceof Promise) return this.#holdUntil(since, (found) => this.#begin(found))
    if (since.kind !== 'live') this.#begin(since)
  }

  #begin (since: Since): void {
    const { lookups } = this.#partitions
    if (since.kind === 'live') return this.#beginAt([])
    this.#holdUntil(this.#partitions.fresh(), () => {
      switch (since.kind) {
        case 'earliest': return this.#beginBy(this.#partitions.all, lookups.starts())
        case 'time': return this.#beginBy(this.#partitions.all, lookups.at(since.timeMs), since.timeMs)
        case 'cursor': return this.#resume(since.cursor)
      }
    })
  }

  #holdUntil<T> (promise: Promise<T>, then: (found: T) => void): void {
    this.#held ??= this.#partitions.all.map(({ place }) => place)
    promise.then((found) => { if (!this.#ended) then(found) }, () => {}) // the gateway is going away
  }

  /** The topic has more partitions, and producers have had time to learn it. */
  rehome (): void {
    if (this.isLive) this.#homes = this.#partitions.homesOf(this.#session.key)
  }

  end (): void {
    this.#ended = true
    for (const one of this.#behind.values()) one.leave()
    this.#behind = NOBODY
  }

  live (behind: Behind): void {
    const on = this.#behind as Map<number, Behind> // somebody is in it, so it is its own
    on.delete(behind.partition.partition)
    if (on.size > 0) return
    this.#behind = NOBODY
    this.rehome()
    this.#session.downlink.caughtUp()
  }

  lost (behind: Behind, reason: GapReason): void {
    this.#session.downlink.gap(reason)
    if (reason === 'truncated') this.#place([behind], this.#partitions.lookups.at(behind.cursorMs - OVERLAP_MS))
  }

  #add (partition: PartitionReader, cursorMs: number): Behind {
    const behind = new Behind(this.#session, this.#hash, partition, cursorMs, this)
    if (this.#behind === NOBODY) this.#behind = new Map()
    ;(this.#behind as Map<number, Behind>).set(partition.partition, behind)
    return behind
  }

  #resume ({ cluster, partitions: count, places }: Cursor): void {
    const { all, lookups } = this.#partitions
    const isHere = cluster === this.#partitions.cluster
    const isAnew = isHere && count > all.length // partitions are added, and never taken away
    const known = isHere && !isAnew ? places : []
    if (!isHere) this.#session.downlink.gap('cluster')
    if (isAnew) this.#session.downlink.gap('truncated')
    // Where the count is another, keys have moved: what came since may lie anywhere.
    const others = (count === all.length ? this.#homes : all).filter(({ partition }) => !known.some((place) => place.partition === partition))
    const cursorMs = Math.min(...places.map(({ batchMs }) => batchMs))
    if (others.length > 0) this.#beginBy(others, lookups.at(cursorMs - OVERLAP_MS), cursorMs)
    this.#beginAt(known)
  }

  /** It begins at these places, and where it is not on the way yet where the tails stood when it came. */
  #beginAt (places: readonly Place[]): void {
    const held = this.#held ?? []
    const begun = this.#behind
    const rest = this.#partitions.all.filter(({ partition }) => !begun.has(partition))
    const behinds = rest.map((partition) => {
      const place = places.find((one) => one.partition === partition.partition) ?? held[partition.partition] ?? NEW
      return { place, behind: this.#add(partition, place.batchMs) }
    })
    this.#held = undefined
    for (const { place: { offset, batchMs, epoch }, behind } of behinds) behind.begin(offset, epoch === UNKNOWN_EPOCH ? undefined : { batchMs, epoch })
  }

  /** It begins where these offsets are, once they are known. */
  #beginBy (partitions: readonly PartitionReader[], offsets: Promise<readonly number[]>, cursorMs = 0): void {
    const behinds = partitions.map((partition) => this.#add(partition, cursorMs))
    if (partitions.length === this.#partitions.all.length) this.#held = undefined
    this.#place(behinds, offsets)
  }

  #place (behinds: readonly Behind[], offsets: Promise<readonly number[]>): void {
    void offsets.then((found) => {
      if (!this.#ended) for (const behind of behinds) behind.begin(found[behind.partition.partition] ?? 0)
    })
  }
}
