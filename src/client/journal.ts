/** What survives a reload or a crash. */
export interface Kept {
  session: string
  /** The highest id that was ever given to a publish: none may be given twice. */
  lastId: number
  cursor?: string
  /** Un-acked publish frames, in the order of their ids. */
  frames: Array<[id: number, text: string]>
}

export interface Change {
  session?: string
  lastId?: number
  cursor?: string
  put: Array<[id: number, text: string]>
  drop: number[]
}

/** Where a client keeps itself. `write` resolves when the change would survive a crash; a change is written as a whole or not at all. */
export interface Store {
  /** Resolves when nobody else uses the same store, to what it holds. */
  open: () => Promise<Kept | undefined>
  write: (change: Change) => Promise<void>
  close: () => Promise<void>
}

export interface Scribe {
  /** Publishes up to `durableId` may go out. */
  written: () => void
  failed: (error: unknown) => void
}

/** Writes changes to a store, one at a time; those that come meanwhile are gathered for the next. */
export class Journal {
  readonly #store: Store
  readonly #scribe: Scribe
  #next: Change | undefined
  #writing: Promise<void> | undefined
  durableId = 0

  constructor (store: Store, scribe: Scribe) {
    this.#store = store
    this.#scribe = scribe
  }

  async open (): Promise<Kept | undefined> {
    const kept = await this.#store.open()
    this.durableId = kept?.lastId ?? 0
    return kept
  }

  begin (session: string, lastId: number): void { Object.assign(this.#change(), { session, lastId }) }

  put (id: number, text: string): void {
    const change = this.#change()
    change.lastId = id
    change.put.push([id, text])
  }

  drop (ids: number[]): void {
    if (ids.length > 0) this.#change().drop.push(...ids)
  }

  cursor (cursor: string): void { this.#change().cursor = cursor }

  async close (): Promise<void> {
    await this.#writing
    await this.#store.close()
  }

  #change (): Change {
    this.#next ??= { put: [], drop: [] }
    this.#writing ??= this.#write()
    return this.#next
  }

  async #write (): Promise<void> {
    await undefined // whoever asked for it fills it first
    try {
      while (this.#next !== undefined) {
        const change: Change = this.#next
        this.#next = undefined
        await this.#store.write(change)
        this.durableId = change.lastId ?? this.durableId
        this.#scribe.written()
      }
    } catch (error) {
      this.#scribe.failed(error)
    }
    this.#writing = undefined
  }
}
