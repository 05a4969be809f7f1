/** What the devices of one class may send, each by itself. A rate of 0 has no end. */
export interface Quota {
  readonly framesPerSecond: number
  readonly bytesPerSecond: number
  /** What may come at once: as much as the rate gives in so long. */
  readonly burstMs: number
}

export const DEFAULT_CLASS = 'default'

/** The classes of rates, by name. They can be changed while devices are connected. */
export class Quotas {
  readonly #standard: Quota
  #classes: Map<string, Quota>
  /** Classes were set. */
  onSet: () => void = () => {}

  constructor (standard: Quota) {
    this.#standard = standard
    this.#classes = new Map([[DEFAULT_CLASS, standard]])
  }

  /** Who is of no class, or of one that is not known, is of the default one. */
  of (name: string = DEFAULT_CLASS): Quota {
    return this.#classes.get(name) ?? this.#classes.get(DEFAULT_CLASS) as Quota
  }

  get size (): number { return this.#classes.size }

  has (name: string): boolean { return this.#classes.has(name) }

  set (name: string, quota: Quota): void {
    this.#classes.set(name, quota)
    this.onSet()
  }

  /** These are the classes, and no others; the default one is as at the start where it is not among them. */
  load (classes: Readonly<Record<string, Quota>>): void {
    this.#classes = new Map([[DEFAULT_CLASS, this.#standard], ...Object.entries(classes)])
    this.onSet()
  }

  list (): Record<string, Quota> { return Object.fromEntries(this.#classes) }
}
