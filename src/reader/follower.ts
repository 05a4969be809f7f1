import type { GapReason } from '../log/log.ts'
import { formatCursor, type Cursor, type Place } from '../protocol/cursor.ts'
import type { Since } from '../protocol/since.ts'
import type { Following } from '../session/context.ts'
import type { Session } from '../session/session.ts'
import { murmur2 } from '../wire/murmur2.ts'
import { Behind, type BehindSink } from './behind.ts'
import type { Lookups } from './lookups.ts'
import type { PartitionReader } from './partition.ts'

/** Another cluster's records have other offsets, and clocks differ: what lies so much before the time that is wanted is read too. */
const OVERLAP_MS = 60_000
const NOBODY: Behind[] = []

/** What followers ask of the reader. */
export interface Partitions {
  readonly cluster: string
  /** How many there were when cursors that are given now are to be compared. */
  readonly announced: number
  readonly all: readonly PartitionReader[]
  /** Those in which a device's records may lie. */
  readonly homesOf: (key: Buffer) => readonly PartitionReader[]
  readonly lookups: Lookups
}

/** Where one session stands in each partition that may hold records of its device. */
export class Follower implements Following, BehindSink {
  readonly #session: Session
  readonly #partitions: Partitions
  #homes: readonly PartitionReader[]
  #behind = NOBODY
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
    if (this.#behind.length > 0 && this.#homes.length < this.#behind.length) return undefined // places that no cursor of ours names
    const places = this.#homes.map((home) => {
      const behind = this.#behind.find(({ partition }) => partition === home)
      return behind === undefined ? home.place : behind.place
    })
    return places.includes(undefined) ? undefined : formatCursor(cluster, announced, places as Place[])
  }

  get isLive (): boolean { return this.#behind.length === 0 }

  /** Live records of the partition are not for it yet: it will come past them. */
  isBehind (partition: number): boolean {
    return this.#behind.length > 0 && this.#behind.some((one) => one.partition.partition === partition)
  }

  isHome (partition: number): boolean { return this.#homes.some((home) => home.partition === partition) }

  isPlaced (partition: number): boolean {
    return this.#homes.length === 1 && (this.#homes[0] as PartitionReader).partition === partition &&
      (this.#behind.length === 0 || (this.#behind.length === 1 && this.isBehind(partition)))
  }

  begin (since: Since | Promise<Since>): void {
    if (since instanceof Promise) return this.#hold(since)
    const { lookups } = this.#partitions
    switch (since.kind) {
      case 'live': return
      case 'earliest': return this.#beginAt(this.#homes, lookups.starts())
      case 'time': return this.#beginAt(this.#homes, lookups.at(since.timeMs), since.timeMs)
      case 'cursor': return this.#resume(since.cursor)
    }
  }

  #hold (since: Promise<Since>): void {
    const held = this.#homes.map((home) => ({ behind: this.#add(home, home.place.batchMs), place: home.place }))
    void since.then((found) => {
      if (this.#ended) return
      if (found.kind === 'live') for (const { behind, place } of held) behind.begin(place.offset)
      else {
        this.#behind = NOBODY
        this.begin(found)
      }
    })
  }

  /** The topic has more partitions, and producers have had time to learn it. */
  rehome (): void {
    if (this.isLive) this.#homes = this.#partitions.homesOf(this.#session.key)
  }

  end (): void {
    this.#ended = true
    for (const one of this.#behind) one.leave()
    this.#behind = NOBODY
  }

  live (behind: Behind): void {
    this.#behind = this.#behind.filter((one) => one !== behind)
    if (this.#behind.length > 0) return
    this.rehome()
    this.#session.downlink.caughtUp()
  }

  lost (behind: Behind, reason: GapReason): void {
    this.#session.downlink.gap(reason)
    if (reason === 'truncated') this.#place([behind], this.#partitions.lookups.at(behind.cursorMs - OVERLAP_MS))
  }

  #add (partition: PartitionReader, cursorMs: number): Behind {
    const behind = new Behind(this.#session, this.#hash, partition, cursorMs, this)
    this.#behind = [...this.#behind, behind]
    return behind
  }

  #resume ({ cluster, partitions: count, places }: Cursor): void {
    const { all, lookups } = this.#partitions
    const cursorMs = Math.min(...places.map(({ batchMs }) => batchMs))
    // Where the count is another, keys have moved: what came since may lie anywhere.
    const wanted = count === all.length ? this.#homes : all
    const isOurs = cluster === this.#partitions.cluster
    const joining = wanted.map((partition) => ({ partition, place: isOurs ? places.find((one) => one.partition === partition.partition) : undefined }))
    if (!isOurs) this.#session.downlink.gap('cluster')
    const known = joining.flatMap(({ partition, place }) => place === undefined ? [] : [{ behind: this.#add(partition, place.batchMs), place }])
    this.#beginAt(joining.filter(({ place }) => place === undefined).map(({ partition }) => partition), lookups.at(cursorMs - OVERLAP_MS), cursorMs)
    for (const { behind, place: { offset, batchMs, epoch } } of known) behind.begin(offset, { batchMs, epoch })
  }

  #beginAt (partitions: readonly PartitionReader[], offsets: Promise<readonly number[]>, cursorMs = 0): void {
    this.#place(partitions.map((partition) => this.#add(partition, cursorMs)), offsets)
  }

  #place (behinds: readonly Behind[], offsets: Promise<readonly number[]>): void {
    void offsets.then((found) => {
      if (!this.#ended) for (const behind of behinds) behind.begin(found[behind.partition.partition] ?? 0)
    })
  }
}
