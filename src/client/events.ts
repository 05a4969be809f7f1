/** Who listens to what. A listener that throws disturbs nobody else: its error surfaces as one that nobody caught. */
export class Events<Map extends object> {
  #listeners = new Map<keyof Map, Set<(event: never) => void>>()

  /** The result ends the listening. */
  on<Name extends keyof Map> (name: Name, listener: (event: Map[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => { listeners.delete(listener) }
  }

  has (name: keyof Map): boolean { return (this.#listeners.get(name)?.size ?? 0) > 0 }

  emit<Name extends keyof Map> (name: Name, event: Map[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(event as never)
      } catch (error) {
        queueMicrotask(() => { throw error })
      }
    }
  }
}
