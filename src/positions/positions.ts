import { pause, type Clock } from '../clock.ts'
import { Counts } from '../counts.ts'
import type { Failure, Log } from '../log/log.ts'
import type { RecordView } from '../wire/record-view.ts'
import { Follower } from '../table/follower.ts'
import { Held, type Claim, type Means } from './held.ts'
import { decode, encode, type Written } from './record.ts'
import { deviceOf, Table, type Position } from './table.ts'
import { partitionOf, Writer } from '../table/writer.ts'

export interface PositionsOptions {
  readonly log: Log
  /** Compacted, and opened by the log. */
  readonly topic: string
  readonly clock: Clock
  /** Another one for each start of each instance: claims are told apart by it. */
  readonly instance: string
  readonly max: number
  readonly maxPerDevice: number
  readonly retentionMs: number
  readonly warn?: (facts: object, sentence: string) => void
  readonly random?: () => number
}

const MEND_MS = 250
const FLUSH_MS = 25
const SWEEP_MS = 3_600_000

/**
 * The positions that the server holds for `?resume=NAME`: a compacted topic, which every instance reads whole at its start
 * and then follows, so that each knows them all.
 *
 * Who holds a name is decided by the log alone: a claim is appended and counts from where it is read back; the newest holds
 * the name. Only a claim that came late, of an older socket, is answered with another. Compaction keeps only the last record of a key, so whoever finds that a record of an older claim has come behind
 * those of its own, or that its own has come too late, writes the true position once more.
 */
export class Positions {
  readonly #options: PositionsOptions
  readonly #table = new Table()
  /** By key: the newest claim of this instance that was not read back yet. */
  readonly #claiming = new Map<string, Held>()
  /** By key; also those whose socket has ended, until all is written. */
  readonly #holding = new Map<string, Held>()
  /** By device: names on their way to Kafka, also where the socket that claimed one has ended. */
  readonly #writing = new Counts()
  #writingInAll = 0
  readonly #stopping = new AbortController()
  readonly #random: () => number
  #writer: Writer | undefined
  #means: Means | undefined
  #follower: Follower | undefined
  #cancelSweep: () => void = () => {}
  #claims = 0
  #told: string | undefined

  constructor (options: PositionsOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
  }

  get size (): number { return this.#table.size }

  /** Reads the topic to its end, however long Kafka makes it wait, and follows it from then on. A stop ends the waiting with Kafka's last error. */
  async start (): Promise<void> {
    const { log, topic, clock } = this.#options
    const writer = new Writer(log.topic(topic))
    this.#writer = writer
    this.#means = this.#meansOf(writer)
    this.#follower = new Follower(log, topic, clock, this.#stopping.signal, {
      record: (record) => this.#apply(record),
      clear: () => this.#table.clear(),
      missed: (partition) => this.#stakeAgain([...this.#claiming.values()], partition),
      anew: (partition) => this.#forgetPartition(partition),
      warn: (facts, sentence) => this.#options.warn?.(facts, sentence)
    })
    await this.#follower.start()
    if (!this.#stopping.signal.aborted) this.#sweepLater()
  }

  /** Whether this name is known, or one more may be held. */
  hasRoom (device: string, name: string): boolean {
    if (this.#table.get(`${device}/${name}`) !== undefined) return true
    const { max, maxPerDevice } = this.#options
    return this.#table.size + Math.max(this.#claiming.size, this.#writingInAll) < max && this.#table.namesOf(device) + this.#writing.of(device) < maxPerDevice
  }

  /** Takes a name over. `taken` is called once, if a newer claim takes it from this one, on whatever instance. Only when started. */
  claim (device: string, name: string, taken: () => void): Claim {
    const key = `${device}/${name}`
    const claim = `${this.#options.instance}:${++this.#claims}`
    const known = this.#table.get(key)
    const cursor = this.#holding.get(key)?.cursor ?? known?.cursor
    const held = new Held(key, claim, cursor, known, taken, this.#means as Means)
    this.#claiming.get(key)?.lose()
    this.#claiming.set(key, held)
    held.stake()
    return held
  }

  /** Writes what is not written yet, for at most so long, and follows no more. */
  async stop (withinMs: number): Promise<void> {
    this.#cancelSweep()
    const cancel = this.#options.clock.after(withinMs, () => this.#stopping.abort())
    for (const held of this.#claiming.values()) held.release()
    while (!this.#stopping.signal.aborted && !this.#isWritten()) {
      for (const held of this.#holding.values()) held.flush()
      await pause(this.#options.clock, FLUSH_MS, this.#stopping.signal)
    }
    cancel()
    this.#stopping.abort()
    for (const held of this.#holding.values()) held.end()
    this.#follower?.close()
  }

  #isWritten (): boolean {
    return (this.#writer?.waiting ?? 0) === 0 && [...this.#holding.values()].every((held) => held.isWritten)
  }

  #meansOf ({ partitions }: Writer): Means {
    return {
      clock: this.#options.clock,
      random: this.#random,
      partitions,
      write: (key, written, done) => this.#write(key, written, done),
      forget: (held) => {
        for (const map of [this.#claiming, this.#holding]) if (map.get(held.key) === held) map.delete(held.key)
      }
    }
  }

  #write (key: string, written: Written, done: (failure: Failure | undefined) => void): void {
    const device = deviceOf(key)
    const more = this.#table.get(key) === undefined ? 1 : 0
    if (more > 0) this.#writing.add(device)
    this.#writingInAll += more
    this.#writer?.write(key, encode(written), (failure) => {
      if (more > 0) this.#writing.remove(device)
      this.#writingInAll -= more
      if (failure !== undefined && failure.code !== this.#told) {
        const sentence = `Positions cannot be written to ${this.#options.topic}: ${failure.reason} (${failure.code}). It is tried again.`
        this.#options.warn?.({ topic: this.#options.topic, code: failure.code }, sentence)
      }
      this.#told = failure?.code
      done(failure)
    })
  }

  /** What was known of a partition that was made anew compares with nothing: who holds a name there claims it again. */
  #forgetPartition (partition: number): void {
    for (const [key, { partitions }] of this.#table.entries()) if (partitionOf(key, partitions) === partition) this.#table.delete(key)
    this.#stakeAgain([...this.#claiming.values(), ...this.#holding.values()], partition)
  }

  #stakeAgain (all: readonly Held[], partition: number): void {
    for (const held of all) if (this.#writer?.partition(held.key) === partition) held.stake()
  }

  #apply (record: RecordView): void {
    const key = record.asciiKey()
    const value = record.value()
    if (value === null) return this.#forgotten(key)
    const written = decode(value)
    if (written === undefined) return
    const before = this.#table.get(key)
    const isOfOldTopic = written.at !== undefined && written.at >= record.offset // of one that is gone, whose name this one has
    if (isOfOldTopic || !this.#table.apply(key, written, record.offset, record.timeMs)) return this.#late(key, written)
    const holder = this.#holding.get(key)
    if (holder?.cameAfter(written) === true) {
      if (written.at === undefined) holder.stake()
    } else if (written.claim !== holder?.claim) {
      holder?.lose()
      this.#holding.delete(key)
    }
    if (written.at === undefined) this.#claimed(key, written, record.offset, before, holder)
  }

  #claimed (key: string, written: Written, at: number, before: Position | undefined, holder: Held | undefined): void {
    if (written.claim === holder?.claim) return holder.confirm(at, holder.cursor, true)
    const claimer = this.#claiming.get(key)
    // Who reads the whole log has what was known before, who finds it compacted has what the claim says.
    const saysIt = before === undefined || written.cursor === before.cursor
    if (claimer?.claim === written.claim) {
      // A holder on this very instance may have received more than is written.
      const cursor = holder?.cursor ?? before?.cursor ?? written.cursor
      this.#claiming.delete(key)
      this.#holding.set(key, claimer)
      claimer.confirm(at, cursor, saysIt && cursor === written.cursor)
    } else if (!saysIt && (this.#isOurs(written.claim) || this.#isOurs(before.claim))) this.#mend(key) // its socket has ended meanwhile
  }

  /** A record of an older claim has come behind the newer one's, where compaction would keep it. */
  #late (key: string, { claim, at }: Written): void {
    const holder = this.#holding.get(key)
    const claimer = this.#claiming.get(key)
    if (claimer?.claim === claim && at === undefined) { // who knows of more partitions holds it; this one may begin, and moves nothing
      this.#claiming.delete(key)
      claimer.confirm(0, this.#table.get(key)?.cursor, true)
    }
    if (holder !== undefined) holder.write()
    else if (this.#isOurs(claim) || this.#isOurs(this.#table.get(key)?.claim)) this.#mend(key)
  }

  #isOurs (claim: string | undefined): boolean { return claim?.startsWith(`${this.#options.instance}:`) === true }

  /** Writes what is known, in the name of the claim that holds it, which may be gone. */
  #mend (key: string): void {
    const position = this.#table.get(key)
    if (position === undefined || this.#stopping.signal.aborted) return
    const { timeMs, ...written } = position
    this.#write(key, written, (failure) => {
      if (failure !== undefined) this.#options.clock.after(MEND_MS, () => this.#mend(key))
    })
  }

  #forgotten (key: string): void {
    const holder = this.#holding.get(key)
    if (holder === undefined) this.#table.delete(key)
    else holder.write() // it was quiet for very long, or somebody deleted it by hand
  }

  #sweepLater (): void {
    const everyMs = Math.min(SWEEP_MS, this.#options.retentionMs / 8)
    this.#cancelSweep = this.#options.clock.after(everyMs * (0.5 + this.#random() / 2), () => {
      this.#sweep()
      this.#sweepLater()
    })
  }

  /**
   * Forgets what nobody has written for `retentionMs`. Every instance does: a second record without value is harmless. A
   * holder writes again at half of that time, so none is forgotten, on whatever instance it is.
   */
  #sweep (): void {
    const { clock, retentionMs } = this.#options
    const now = clock.now()
    for (const [key, { timeMs }] of this.#table.entries()) {
      if (timeMs > now - retentionMs / 2) break
      const holder = this.#holding.get(key)
      if (holder !== undefined) holder.write()
      else if (timeMs <= now - retentionMs) this.#writer?.write(key, null, () => {})
    }
  }
}
