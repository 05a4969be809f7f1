import type { Clock } from '../clock.ts'

/** What a method needs of the world around it. */
export interface Surroundings {
  readonly clock: Clock
  readonly log: { readonly info: (sentence: string) => void, readonly warn: (sentence: string) => void }
  /** Aborted when the gateway closes: nothing goes on in the background after that. */
  readonly closing: AbortSignal
}
