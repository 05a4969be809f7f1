import type { Environment } from './environment.ts'

/** How long the telling may wait for more of it. */
const GATHER_MS = 100

/** Tells the server how far messages are handled: the last word only, and again on the next connection if this one did not take it. */
export class Receipts {
  readonly #environment: Environment
  #cursor: string | undefined
  #cancel: (() => void) | undefined
  #send: ((text: string) => void) | undefined

  constructor (environment: Environment) {
    this.#environment = environment
  }

  handled (cursor: string): void {
    this.#cursor = cursor
    this.#cancel ??= this.#environment.after(GATHER_MS, () => this.tell())
  }

  /** Undefined: there is no connection. */
  connected (send: ((text: string) => void) | undefined): void {
    this.#send = send
    this.tell()
  }

  tell (): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#cursor === undefined || this.#send === undefined) return
    this.#send(JSON.stringify({ type: 'received', cursor: this.#cursor }))
    this.#cursor = undefined
  }
}
