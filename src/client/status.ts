import type { Welcome } from './frames.ts'
import type { State } from './options.ts'

/** What the client is at present, as its user sees it. */
export class Status {
  readonly #onChange: (state: State) => void
  /** Whether something beside the messages was asked for and has not come yet. */
  readonly #isAwaiting: () => boolean
  #state: State = { name: 'connecting' }
  #welcome: Welcome | undefined
  #resuming = false
  #stalled: string | undefined

  constructor (onChange: (state: State) => void, isAwaiting: () => boolean) {
    this.#onChange = onChange
    this.#isAwaiting = isAwaiting
  }

  get state (): State { return this.#state }

  welcomed (welcome: Welcome): void {
    this.#welcome = welcome
    this.#resuming = welcome.resuming === true
    this.#stalled = undefined
  }

  stalled (why: string): void {
    this.#stalled = why
    this.tell()
  }

  live (): void {
    this.#stalled = undefined
    this.#resuming = false
    this.tell()
  }

  /** There is no connection, which is what the state says. */
  lost (state: State): void {
    this.#welcome = undefined
    this.#become(state)
  }

  /** Live: nothing that was asked for is missing from now on. */
  tell (): void {
    if (this.#welcome === undefined) return
    if (this.#stalled !== undefined) this.#become({ name: 'stalled', why: this.#stalled })
    else this.#become({ name: this.#resuming || this.#isAwaiting() ? 'resuming' : 'live', welcome: this.#welcome })
  }

  #become (state: State): void {
    const { name } = this.#state
    if (name === 'closed' || (name === state.name && name !== 'connecting')) return
    this.#state = state
    this.#onChange(state)
  }
}
