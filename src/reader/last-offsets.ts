const FIRST_SLOTS = 1024
const FULL_AT = 0.6
/** Tables of this size take 24 MiB. */
const MAX_SLOTS = 1 << 21

/**
 * The offset of the last record of each key of one partition, in flat arrays: 12 bytes a slot, and no object. Keys are known
 * by their hash alone. Two keys that share one share the later offset, so that a reader may look where nothing is for it,
 * and never the other way round.
 */
export class LastOffsets {
  #hashes = new Uint32Array(FIRST_SLOTS)
  #offsets = new Float64Array(FIRST_SLOTS)
  #count = 0
  readonly #maxSlots: number
  /** What stands before this offset is not known. */
  #since: number

  constructor (since: number, maxSlots = MAX_SLOTS) {
    this.#since = since
    this.#maxSlots = maxSlots
  }

  get since (): number { return this.#since }

  /** Offsets rise. */
  note (hash: number, offset: number): void {
    const slot = this.#slot(hash)
    if (this.#hashes[slot] === 0) {
      this.#hashes[slot] = known(hash)
      this.#count += 1
    }
    this.#offsets[slot] = offset
    if (this.#count > this.#hashes.length * FULL_AT) this.#grow(offset)
  }

  /** -1: none since `since`. */
  last (hash: number): number {
    const slot = this.#slot(hash)
    return this.#hashes[slot] === 0 ? -1 : this.#offsets[slot] as number
  }

  #slot (hash: number): number {
    const wanted = known(hash)
    const mask = this.#hashes.length - 1
    // The low bits of a partition's keys are alike: they chose the partition.
    let slot = Math.imul(wanted, 0x9e3779b1) >>> 7 & mask
    while (this.#hashes[slot] !== 0 && this.#hashes[slot] !== wanted) slot = slot + 1 & mask
    return slot
  }

  /** Doubles, or at its bound begins anew: what came before is no longer known. */
  #grow (offset: number): void {
    const [hashes, offsets] = [this.#hashes, this.#offsets]
    const isFull = hashes.length >= this.#maxSlots
    const slots = isFull ? FIRST_SLOTS : hashes.length * 2
    this.#hashes = new Uint32Array(slots)
    this.#offsets = new Float64Array(slots)
    this.#count = 0
    if (isFull) {
      this.#since = offset + 1
      return
    }
    for (const [at, hash] of hashes.entries()) if (hash !== 0) this.note(hash, offsets[at] as number)
  }
}

/** 0 marks an empty slot. */
function known (hash: number): number { return hash >>> 0 || 1 }
