import type { Identity } from '../access/identity.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { Follower } from '../table/follower.ts'
import { Writer, type Done } from '../table/writer.ts'
import { HeaderBlock, headerName } from '../wire/header-block.ts'
import type { RecordView } from '../wire/record-view.ts'
import { decode, encode, kinds, type Kind, type Revocation } from './record.ts'

export interface RevocationsOptions {
  readonly log: Log
  /** Compacted, and opened by the log. */
  readonly topic: string
  readonly clock: Clock
  readonly max: number
  /** Something was revoked: sockets that are open have to be looked at. */
  readonly revoked: () => void
  /** That device's sockets are to be closed. */
  readonly kicked: (device: string) => void
  readonly warn?: (facts: object, sentence: string) => void
  readonly random?: () => number
}

/** A revocation, and where its record lies: what follows on it is written there too, or it would have no order with it. */
interface Entry extends Revocation { readonly partition: number }

type Doubtful = [kind: Kind, id: string, entry: Entry]

const KICK = 'kick'
/** A kick that is read later than this closes nobody: those who are here have come since. It covers clocks that differ. */
const KICK_MS = 300_000
/** Marks a record that forgets what has ended: it lifts nothing that is in force. */
const SWEPT_HEADER = 'swept'
const SWEPT = new HeaderBlock().add(headerName(SWEPT_HEADER), '')
const SWEEP_MS = 3_600_000
const RETRY_MS = 250

/**
 * What was revoked: a compacted topic, which every instance reads whole before it lets anybody in, and then follows. While
 * Kafka is away what is known stays in force.
 */
export class Revocations {
  readonly #options: RevocationsOptions
  readonly #entries: Record<Kind, Map<string, Entry>> = { token: new Map(), key: new Map(), device: new Map() }
  readonly #stopping = new AbortController()
  #writer: Writer | undefined
  #follower: Follower | undefined
  #cancelSweep: () => void = () => {}
  /** While the topic is read for the first time: what was forgotten there although it is in force, as far as was read. */
  #doubtful: Doubtful[] | undefined

  constructor (options: RevocationsOptions) {
    this.#options = options
  }

  get size (): number { return kinds.reduce((sum, kind) => sum + this.#entries[kind].size, 0) }

  /** Reads the topic to its end, however long Kafka makes it wait, and follows it from then on. A stop ends the waiting with Kafka's last error. */
  async start (): Promise<void> {
    const { log, topic, clock, warn } = this.#options
    this.#writer = new Writer(log.topic(topic))
    this.#follower = new Follower(log, topic, clock, this.#stopping.signal, {
      record: (record, partition) => this.#apply(record, partition),
      clear: () => {
        this.#doubtful = []
        for (const kind of kinds) this.#entries[kind].clear()
      },
      missed: () => {}, // what was known stays in force
      anew: (partition) => this.#keep(partition),
      warn: (facts, sentence) => warn?.(facts, sentence)
    })
    await this.#follower.start()
    if (this.#stopping.signal.aborted) return
    const doubtful = this.#doubtful as Doubtful[]
    this.#doubtful = undefined
    for (const [kind, id, entry] of doubtful) if (this.#entries[kind].get(id) === entry) this.#writeAgain(kind, id, entry)
    this.#sweepLater()
  }

  stop (): void {
    this.#stopping.abort()
    this.#cancelSweep()
    this.#follower?.close()
  }

  /** Whether anything by which the caller is known was revoked, or the device as which it comes. */
  has ({ tokenId, keyId, device }: Identity, as: string | undefined): boolean {
    return this.#isRevoked('token', tokenId) || this.#isRevoked('key', keyId) || this.#isRevoked('device', device) || this.#isRevoked('device', as)
  }

  /** Those in force, by kind. */
  * list (): Generator<Revocation & { readonly kind: Kind, readonly id: string }> {
    for (const kind of kinds) {
      for (const [id, { partition, ...revocation }] of this.#entries[kind]) if (this.#isRevoked(kind, id)) yield { kind, id, ...revocation }
    }
  }

  /** What is known by exactly that name, whoever wrote it and however. */
  find (kind: string, id: string): { readonly kind: Kind, readonly id: string } | undefined {
    return isKind(kind) && this.#entries[kind].has(id) ? { kind, id } : undefined
  }

  /** Whether it is known, or one more may be. */
  hasRoom (kind: Kind, id: string): boolean { return this.#entries[kind].has(id) || this.size < this.#options.max }

  /** In force everywhere as soon as it is read back. Only when started, as `lift` and `kick`. */
  revoke (kind: Kind, id: string, revocation: Revocation, done: Done): void { this.#write(kind, id, revocation, done) }

  lift (kind: Kind, id: string, done: Done): void { this.#write(kind, id, null, done) }

  /** Closes the device's sockets on every instance; nothing of it stays. */
  kick (device: string, by: string, done: Done): void {
    const key = `${KICK}/${device}`
    this.#writer?.write(key, encode({ by, at: this.#options.clock.now() }), (failure) => {
      this.#writer?.write(key, null, () => {}) // nobody needs it any more; where that fails the next one does it
      done(failure)
    })
  }

  #isRevoked (kind: Kind, id: string | undefined): boolean {
    if (id === undefined) return false
    const entry = this.#entries[kind].get(id)
    return entry !== undefined && (entry.untilMs ?? Infinity) > this.#options.clock.now()
  }

  #write (kind: Kind, id: string, revocation: Revocation | null, done: Done): void {
    this.#writer?.write(`${kind}/${id}`, revocation === null ? null : encode(revocation), done, { partition: this.#partitionOf(kind, id) })
  }

  /** Undefined: its home. Restart who knows of fewer partitions than there are: from here what lies in a new one cannot be lifted. */
  #partitionOf (kind: Kind, id: string): number | undefined {
    const partition = this.#entries[kind].get(id)?.partition
    return partition !== undefined && partition < (this.#writer as Writer).partitions ? partition : undefined
  }

  #apply (record: RecordView, partition: number): void {
    const { clock, kicked, revoked } = this.#options
    const key = String(record.key())
    const slash = key.indexOf('/')
    const [kind, id] = [key.slice(0, slash), key.slice(slash + 1)]
    const value = record.value()
    if (kind === KICK && value !== null && clock.now() - record.timeMs < KICK_MS) kicked(id)
    if (!isKind(kind)) return
    if (value === null) return this.#lifted(kind, id, partition, record.headerCount > 0 && record.header(SWEPT_HEADER) !== undefined)
    this.#entries[kind].set(id, { ...decode(value, record.timeMs), partition })
    if (this.#isRevoked(kind, id)) revoked()
  }

  #lifted (kind: Kind, id: string, partition: number, isSwept: boolean): void {
    const entry = this.#entries[kind].get(id)
    if (entry?.partition !== partition) return // left from before the topic had more partitions, it says nothing of this one
    if (!isSwept || !this.#isRevoked(kind, id)) this.#entries[kind].delete(id)
    else if (this.#doubtful === undefined) this.#writeAgain(kind, id, entry) // it was revoked anew while it was being forgotten
    else this.#doubtful.push([kind, id, entry])
  }

  /** The partition was cut off or made anew, and is read again: what is known of it stays, and is written down again. */
  #keep (partition: number): void {
    for (const kind of kinds) {
      for (const [id, entry] of this.#entries[kind]) if (entry.partition === partition) this.#writeAgain(kind, id, entry)
    }
  }

  #writeAgain (kind: Kind, id: string, entry: Entry): void {
    if (this.#stopping.signal.aborted) return
    const { partition, ...revocation } = entry
    this.#write(kind, id, revocation, (failure) => {
      if (failure !== undefined) this.#options.clock.after(RETRY_MS, () => this.#writeAgain(kind, id, entry))
    })
  }

  #sweepLater (): void {
    const { clock, random = Math.random } = this.#options
    this.#cancelSweep = clock.after(SWEEP_MS * (0.5 + random() / 2), () => {
      this.#sweep()
      this.#sweepLater()
    })
  }

  /** Forgets what has ended of itself. Every instance does: a second record without value is harmless. */
  #sweep (): void {
    for (const kind of kinds) {
      for (const id of this.#entries[kind].keys()) {
        if (!this.#isRevoked(kind, id)) this.#writer?.write(`${kind}/${id}`, null, () => {}, { partition: this.#partitionOf(kind, id), headers: SWEPT })
      }
    }
  }
}

function isKind (kind: string): kind is Kind { return kinds.some((one) => one === kind) }
