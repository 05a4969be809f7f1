import type { Chunk } from '../log/chunk.ts'

/** What a chunk takes beside its bytes. */
const OVERHEAD_BYTES = 300

/** What all partitions together may keep. */
export class Budget {
  readonly #maxBytes: number
  #bytes = 0
  /** Whose oldest chunk goes next. */
  #order: Recent[] = []

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get freeBytes (): number { return this.#maxBytes - this.#bytes }

  took (recent: Recent, bytes: number, isOldest: boolean): void {
    this.#bytes += bytes
    if (isOldest) this.#order.unshift(recent)
    else this.#order.push(recent)
    while (this.#bytes > this.#maxBytes) (this.#order.shift() as Recent).dropOldest()
  }

  gave (bytes: number): void { this.#bytes -= bytes }

  forget (recent: Recent): void { this.#order = this.#order.filter((one) => one !== recent) }
}

/** The recent chunks of one partition, as they came, without a hole between them. */
export class Recent {
  #budget: Budget
  #chunks: Chunk[] = []

  constructor (budget: Budget) {
    this.#budget = budget
  }

  /** The first offset that is here; undefined while nothing is. */
  get start (): number | undefined { return this.#chunks[0]?.from }

  push (chunk: Chunk): void {
    this.#chunks.push(chunk)
    this.#budget.took(this, bytesOf(chunk), false)
  }

  /** Takes chunks that stand before what is here, the oldest first, as far as there is room without dropping others. */
  prepend (chunks: readonly Chunk[]): void {
    for (const chunk of [...chunks].reverse()) {
      if (bytesOf(chunk) > this.#budget.freeBytes || chunk.next < (this.start ?? chunk.next)) return
      this.#chunks.unshift(chunk)
      this.#budget.took(this, bytesOf(chunk), true)
    }
  }

  /** The chunk that has what stands at `offset`. */
  find (offset: number): Chunk | undefined {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = low + high >>> 1
      if ((this.#chunks[middle] as Chunk).from <= offset) low = middle + 1
      else high = middle
    }
    const chunk = this.#chunks[low - 1]
    return chunk !== undefined && offset < chunk.next ? chunk : undefined
  }

  dropOldest (): void {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) this.#budget.gave(bytesOf(chunk))
  }

  clear (): void {
    while (this.#chunks.length > 0) this.dropOldest()
    this.#budget.forget(this)
  }
}

export function bytesOf ({ at, end }: Chunk): number { return end - at + OVERHEAD_BYTES }
