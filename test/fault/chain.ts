/** The connections of one device under one name, on which it is sent 1, 2, 3 …: whether each begins where it has to. */
export class Chain {
  readonly #name: string
  /** The last that came, over all connections. */
  got = 0
  /** With which each connection began. */
  readonly began: number[] = []
  /** What came again, in all and on one connection at most. */
  repeats = 0
  mostRepeats = 0
  readonly mistakes: string[] = []
  /** Up to here the server may take it to have received; undefined before anything came. */
  #known: number | undefined
  #last: number | undefined
  #repeats = 0

  constructor (name: string) { this.#name = name }

  opened (): void {
    this.#last = undefined
    this.#repeats = 0
  }

  took (n: number): void {
    const behind = this.#last ?? this.#known
    if (this.#last !== undefined && n !== this.#last + 1) this.mistakes.push(`${this.#name} was sent ${n} behind ${this.#last}`)
    if (this.#last === undefined) {
      if (behind !== undefined && n > behind + 1) this.mistakes.push(`${this.#name} was known to have received ${behind}, and its connection ${this.began.length + 1} began with ${n}`)
      this.began.push(n)
    }
    this.#known ??= n - 1
    this.#last = n
    if (n <= this.got) {
      this.repeats += 1
      this.mostRepeats = Math.max(this.mostRepeats, ++this.#repeats)
    } else this.got = n
  }

  /** The server was told, or may take it, that this was received. */
  told (n: number): void { if (this.#known !== undefined) this.#known = Math.max(this.#known, n) }
}
