const MAX_TOLD = 16

/** What is told once of each, and of few: strangers choose it. */
export class Told {
  readonly #told = new Set<string>()

  /** Whether this is the time to tell it. */
  isNews (about: string): boolean {
    if (this.#told.has(about) || this.#told.size === MAX_TOLD) return false
    this.#told.add(about)
    return true
  }
}
