import type { Change, Kept, Store } from '../journal.ts'

const REST = 'rest'
const FRAMES = 'frames'
const ONLY = 0

/**
 * Keeps a client in the browser's database, under a name of the page's own. Of several tabs that use one name the first has it;
 * another waits until that is closed. Needs https or localhost, since only there is the lock that tells tabs apart.
 */
export function indexedDbStore (name: string): Store {
  return new IndexedDbStore(`sluice.${name}`)
}

class IndexedDbStore implements Store {
  readonly #name: string
  readonly #closing = new AbortController()
  #db: IDBDatabase | undefined
  #rest: Omit<Kept, 'frames'> | undefined
  #unlock = (): void => {}

  constructor (name: string) {
    this.#name = name
  }

  async open (): Promise<Kept | undefined> {
    await this.#lock()
    const opening = indexedDB.open(this.#name, 1)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(REST)
      opening.result.createObjectStore(FRAMES)
    }
    this.#db = await result(opening)
    const reading = this.#db.transaction([REST, FRAMES])
    const [rest, ids, texts] = await Promise.all([
      result<Omit<Kept, 'frames'> | undefined>(reading.objectStore(REST).get(ONLY)),
      result(reading.objectStore(FRAMES).getAllKeys()),
      result<string[]>(reading.objectStore(FRAMES).getAll())
    ])
    this.#rest = rest
    return rest && { ...rest, frames: texts.map((text, n) => [ids[n] as number, text]) }
  }

  async write ({ put, drop, ...rest }: Change): Promise<void> {
    if (this.#db === undefined) return
    this.#rest = { ...this.#rest, ...rest } as Omit<Kept, 'frames'>
    // Strict: an id that was sent and forgotten would be given again, to another publish.
    const writing = this.#db.transaction([REST, FRAMES], 'readwrite', { durability: 'strict' })
    writing.objectStore(REST).put(this.#rest, ONLY)
    const frames = writing.objectStore(FRAMES)
    for (const [id, text] of put) frames.put(text, id)
    for (const id of drop) frames.delete(id)
    await new Promise<void>((resolve, reject) => {
      writing.oncomplete = () => resolve()
      writing.onabort = () => reject(writing.error ?? new Error('The browser gave the write up.'))
    })
  }

  async close (): Promise<void> {
    this.#closing.abort(new Error('It was closed.'))
    this.#db?.close()
    this.#db = undefined
    this.#unlock()
  }

  /** Resolves when the lock is ours; it stays so until `unlock`, or until the page is gone. */
  #lock (): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!('locks' in navigator)) return reject(new Error('This page has no locks; serve it by https.'))
      navigator.locks.request(this.#name, { signal: this.#closing.signal }, () => {
        resolve()
        return new Promise<void>((resolve) => { this.#unlock = resolve })
      }).catch(reject)
    })
  }
}

function result<T> (request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('The browser gave no reason.'))
  })
}
