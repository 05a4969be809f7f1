import { mkdirSync } from 'node:fs'
import { open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Change, Kept, Store } from '../journal.ts'
import { lockFile } from './lock-file.ts'

/** A file that has grown beyond this is written anew when little of it is in force. */
const REWRITE_BYTES = 1024 * 1024

/** Keeps a client in a file, for one process at a time: a line for each change, on the disk before the publish in it goes out. */
export function fileStore (path: string): Store {
  return new FileStore(path)
}

class FileStore implements Store {
  readonly #path: string
  #rest: Omit<Kept, 'frames'> | undefined
  #frames = new Map<number, string>()
  #file: FileHandle | undefined
  #bytes = 0
  #opening: Promise<unknown> | undefined
  #unlock = (): void => {}

  constructor (path: string) {
    this.#path = path
  }

  async open (): Promise<Kept | undefined> {
    this.#opening = this.#read()
    await this.#opening
    return this.#rest === undefined ? undefined : { ...this.#rest, frames: [...this.#frames] }
  }

  async write (change: Change): Promise<void> {
    this.#apply(change)
    const line = `${JSON.stringify(change)}\n`
    await this.#file?.appendFile(line)
    await this.#file?.datasync()
    this.#bytes += line.length
    if (this.#bytes > REWRITE_BYTES && this.#frames.size === 0) await this.#rewrite()
  }

  async close (): Promise<void> {
    await this.#opening?.catch(() => {}) // whoever opened it has heard
    await this.#file?.close()
    this.#file = undefined
    this.#unlock()
  }

  async #read (): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true })
    this.#unlock = lockFile(`${this.#path}.lock`)
    for (const change of changesIn(await textOf(this.#path))) this.#apply(change)
    await this.#rewrite()
  }

  #apply ({ put, drop, ...rest }: Change): void {
    this.#rest = { ...this.#rest, ...rest } as Omit<Kept, 'frames'>
    for (const [id, text] of put) this.#frames.set(id, text)
    for (const id of drop) this.#frames.delete(id)
  }

  /** What is in force, as one change. A crash on the way leaves the old file. */
  async #rewrite (): Promise<void> {
    const text = this.#rest === undefined ? '' : `${JSON.stringify({ ...this.#rest, put: [...this.#frames], drop: [] })}\n`
    await writeFile(`${this.#path}.new`, text, { flush: true })
    await this.#file?.close()
    await rename(`${this.#path}.new`, this.#path)
    this.#file = await open(this.#path, 'a')
    this.#bytes = 0
  }
}

async function textOf (path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** A crash may have cut the last line short: what was in it had not gone out. */
function * changesIn (text: string): Generator<Change> {
  const lines = text.split('\n')
  for (const line of lines.slice(0, -1)) yield JSON.parse(line) as Change
}
