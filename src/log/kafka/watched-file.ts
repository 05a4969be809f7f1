import { readFileSync } from 'node:fs'

/**
 * What a setting's file holds now, as `parse` reads it. While it is changed it may be absent or half written for a moment: then what
 * it held before goes on being used, and `warn` hears of it once.
 */
export class WatchedFile<T> {
  readonly #setting: string
  readonly #path: string
  readonly #parse: (text: string) => T
  readonly #warn: (sentence: string) => void
  #text: string | undefined
  #value!: T
  #spoilt = false

  /** Reads it for the first time. `parse` throws what ends the sentence "kafka.tls.caFile names x, ". */
  constructor (setting: string, path: string, parse: (text: string) => T, warn: (sentence: string) => void) {
    this.#setting = setting
    this.#path = path
    this.#parse = parse
    this.#warn = warn
    this.#read()
  }

  get value (): T {
    try {
      this.#read()
      this.#spoilt = false
    } catch (error) {
      if (!this.#spoilt) this.#warn(`${(error as Error).message}; what it held before is still used.`)
      this.#spoilt = true
    }
    return this.#value
  }

  #read (): void {
    const text = this.#said(() => readFileSync(this.#path, 'utf8'), 'cannot be read: ')
    if (text === this.#text) return
    this.#value = this.#said(() => this.#parse(text), '')
    this.#text = text
  }

  #said<R> (act: () => R, what: string): R {
    try {
      return act()
    } catch (error) {
      const reason = (error as Error).message.replace(/, (?:open|read)\b[^]*/, '') // Node names the path again
      throw new Error(`${this.#setting} names ${JSON.stringify(this.#path)}, which ${what}${reason}`, { cause: error })
    }
  }
}

/** A secret alone on its line. */
export function secret (text: string): string {
  const line = text.replace(/\r?\n$/, '')
  if (line === '') throw new Error('is empty')
  return line
}
