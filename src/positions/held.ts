import type { Clock } from '../clock.ts'
import type { Written } from './record.ts'
import type { Done } from '../table/writer.ts'

/** One socket's hold on a name. */
export interface Claim {
  /** The cursor at which to begin; undefined: nothing is known under this name. Waits while Kafka is away, and for ever after a `release`. */
  readonly ready: Promise<string | undefined>
  /** The device has received everything up to this cursor. It is written within seconds. */
  received: (cursor: string) => void
  /** Nothing of the device's lies before this cursor either. It is written within minutes, or with what is received next. */
  passed: (cursor: string) => void
  /** The socket has ended: what is not written yet is written, and the hold is forgotten. */
  release: () => void
}

/** What a hold needs of the others. */
export interface Means {
  readonly clock: Clock
  readonly random: () => number
  readonly partitions: number
  readonly write: (key: string, written: Written, done: Done) => void
  /** It needs to be remembered no longer. */
  readonly forget: (held: Held) => void
}

const SOON_MS = 1_000
const QUIET_MS = 240_000
/** Writes are spread over so many steps of a quarter of the shortest delay: few different delays cost few timer lists. */
const STEPS = 17
const RETRY_MS = 250

export class Held implements Claim {
  readonly key: string
  readonly claim: string
  readonly ready: Promise<string | undefined>
  /** As far as the device is known to have received. */
  cursor: string | undefined
  readonly #means: Means
  readonly #sinceMs: number
  readonly #knew: number | undefined
  readonly #taken: () => void
  #begin!: (cursor: string | undefined) => void
  #state: 'claiming' | 'holding' | 'released' | 'ended' = 'claiming'
  #at = 0
  #n = 0
  #unwritten = false
  #writing = false
  #quiet = false
  #cancel: (() => void) | undefined
  #cancelStake: () => void = () => {}
  /** The claim that was found to be late last. */
  #late: string | undefined

  /** `known`: who holds the name, as far as is known now. */
  constructor (key: string, claim: string, cursor: string | undefined, known: { readonly at: number } | undefined, taken: () => void, means: Means) {
    this.key = key
    this.claim = claim
    this.cursor = cursor
    this.#sinceMs = means.clock.now()
    this.#knew = known?.at
    this.#taken = taken
    this.#means = means
    this.ready = new Promise((resolve) => { this.#begin = resolve })
  }

  get isWritten (): boolean { return !this.#unwritten && !this.#writing }

  /** Puts the claim into the log, again and again until it is there; the offset at which it is read back decides. */
  stake (): void {
    const { write, random, partitions, clock } = this.#means
    write(this.key, { cursor: this.cursor, claim: this.claim, partitions, sinceMs: this.#sinceMs, knew: this.#knew }, (failure) => {
      if (failure === undefined || (this.#state !== 'claiming' && this.#state !== 'holding')) return
      this.#cancelStake()
      this.#cancelStake = clock.after(RETRY_MS + RETRY_MS * random(), () => this.stake())
    })
  }

  /**
   * Whether that claim, or move, is of a socket that came before this one's and knew nothing of it: it was written late, as by
   * an instance from which Kafka was away. Clocks decide only between two that knew nothing of each other.
   */
  cameAfter ({ claim, at, partitions, sinceMs, knew = -1 }: Written): boolean {
    if (at !== undefined) return claim === this.#late
    const isLate = sinceMs !== undefined && sinceMs < this.#sinceMs && knew < this.#at && partitions === this.#means.partitions
    if (isLate) this.#late = claim
    return isLate
  }

  /** The claim was read in the log, at this offset; there the name's position was this one. */
  confirm (at: number, cursor: string | undefined, isWritten: boolean): void {
    this.#at = at
    this.#cancelStake()
    if (this.#state !== 'claiming') return // read a second time: the first one had been given up, and came through
    this.#state = 'holding'
    this.cursor = cursor
    if (!isWritten) this.write()
    this.#begin(cursor)
  }

  /** There is a newer claim. */
  lose (): void {
    const isReleased = this.#state === 'released'
    this.end()
    if (!isReleased) this.#taken()
  }

  /** Nothing more is written. */
  end (): void {
    this.#cancelStake()
    this.#cancel?.()
    this.#cancel = undefined
    this.#unwritten = false
    this.#state = 'ended'
  }

  received (cursor: string): void { this.#moved(cursor, false) }
  passed (cursor: string): void { this.#moved(cursor, true) }

  release (): void {
    if (this.#state === 'claiming') {
      this.end()
      return this.#means.forget(this)
    }
    if (this.#state !== 'holding') return
    this.#state = 'released'
    if (this.#unwritten) this.write()
    else if (!this.#writing) this.#means.forget(this)
  }

  /** Writes now what would be written later. */
  flush (): void {
    if (this.#unwritten && !this.#writing) this.write()
  }

  /** Writes where it stands, also if that stands in the log already: something older may stand behind it. */
  write (): void {
    this.#unwritten = true
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#writing) return
    this.#unwritten = false
    this.#writing = true
    const { claim, cursor } = this
    this.#means.write(this.key, { cursor, claim, partitions: this.#means.partitions, at: this.#at, n: ++this.#n }, (failure) => this.#wrote(failure === undefined))
  }

  #wrote (isStored: boolean): void {
    this.#writing = false
    if (this.#state === 'ended') return
    if (!isStored) this.#unwritten = true
    if (this.#unwritten) this.#writeLater(false)
    else if (this.#state === 'released') this.#means.forget(this)
  }

  #moved (cursor: string, quiet: boolean): void {
    if (this.#state !== 'holding' || cursor === this.cursor) return
    this.cursor = cursor
    this.#unwritten = true
    if (!this.#writing) this.#writeLater(quiet)
  }

  #writeLater (quiet: boolean): void {
    if (this.#cancel !== undefined && (quiet || !this.#quiet)) return
    this.#quiet = quiet
    const steps = Math.floor(this.#means.random() * STEPS)
    const shortestMs = quiet ? QUIET_MS : SOON_MS
    this.#after(shortestMs + steps * shortestMs / (quiet ? STEPS * 4 : 4), () => this.write())
  }

  #after (ms: number, fn: () => void): void {
    this.#cancel?.()
    this.#cancel = this.#means.clock.after(ms, () => {
      this.#cancel = undefined
      fn()
    })
  }
}
