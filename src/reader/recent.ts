import type { Chunk } from '../log/chunk.ts'

/** What a chunk takes beside its bytes. */
const OVERHEAD_BYTES = 300
/** The dropped head of a list is cut off when it is so long, and half of all: shifting each chunk off a long list cost 88 µs. */
const MIN_CUT = 256

/** What all partitions together may keep. Over it, the one that keeps most gives its oldest: a busy partition leaves the others theirs. */
export class Budget {
  readonly #maxBytes: number
  readonly #recents: Recent[] = []
  #bytes = 0

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get freeBytes (): number { return this.#maxBytes - this.#bytes }

  join (recent: Recent): void { this.#recents.push(recent) }

  took (bytes: number): void {
    this.#bytes += bytes
    while (this.#bytes > this.#maxBytes) this.#largest().dropOldest()
  }

  gave (bytes: number): void { this.#bytes -= bytes }

  #largest (): Recent {
    let largest = this.#recents[0] as Recent
    for (const recent of this.#recents) if (recent.bytes > largest.bytes) largest = recent
    return largest
  }
}

/** The recent chunks of one partition, as they came, without a hole between them. */
export class Recent {
  readonly #budget: Budget
  #chunks: Array<Chunk | undefined> = []
  /** Where in the list the oldest stands. */
  #first = 0
  bytes = 0

  constructor (budget: Budget) {
    this.#budget = budget
    budget.join(this)
  }

  /** The first offset that is here; undefined while nothing is. */
  get start (): number | undefined { return this.#chunks[this.#first]?.from }

  push (chunk: Chunk): void {
    const kept = alone(chunk)
    this.#chunks.push(kept)
    this.#took(kept)
  }

  /** Takes chunks that stand before what is here, the oldest first, as far as there is room without dropping others. */
  prepend (chunks: readonly Chunk[]): void {
    const taken: Chunk[] = []
    let { start } = this
    let { freeBytes } = this.#budget
    for (const chunk of [...chunks].reverse()) {
      freeBytes -= bytesOf(chunk)
      if (freeBytes < 0 || chunk.next < (start ?? chunk.next)) break
      taken.unshift(chunk)
      start = chunk.from
    }
    this.#chunks = [...taken, ...this.#chunks.slice(this.#first)]
    this.#first = 0
    for (const chunk of taken) this.#took(chunk)
  }

  /** The chunk that has what stands at `offset`. */
  find (offset: number): Chunk | undefined {
    let low = this.#first
    let high = this.#chunks.length
    while (low < high) {
      const middle = low + high >>> 1
      if ((this.#chunks[middle] as Chunk).from <= offset) low = middle + 1
      else high = middle
    }
    const chunk = low === this.#first ? undefined : this.#chunks[low - 1]
    return chunk !== undefined && offset < chunk.next ? chunk : undefined
  }

  dropOldest (): void {
    const bytes = bytesOf(this.#chunks[this.#first] as Chunk)
    this.#chunks[this.#first++] = undefined
    this.bytes -= bytes
    this.#budget.gave(bytes)
    if (this.#first < MIN_CUT || this.#first * 2 < this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#first)
    this.#first = 0
  }

  clear (): void {
    this.#budget.gave(this.bytes)
    this.bytes = 0
    this.#chunks = []
    this.#first = 0
  }

  #took (chunk: Chunk): void {
    this.bytes += bytesOf(chunk)
    this.#budget.took(bytesOf(chunk))
  }
}

/** A small piece of a large answer would keep all of it in memory for as long as it is kept itself, so it is copied out. */
function alone (chunk: Chunk): Chunk {
  const { at, end, buffer } = chunk
  const bytes = end - at
  if (bytes * 2 >= buffer.buffer.byteLength) return chunk
  const copy = Buffer.allocUnsafeSlow(bytes)
  buffer.copy(copy, 0, at, end)
  return { ...chunk, buffer: copy, at: 0, end: bytes }
}

export function bytesOf ({ at, end }: Chunk): number { return end - at + OVERHEAD_BYTES }
