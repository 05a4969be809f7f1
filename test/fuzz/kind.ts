import type { Random } from '../ledger/random.ts'

/** One thing that reads what strangers send. */
export interface Kind {
  readonly name: string
  /** How many of a hundred inputs are for it, roughly. */
  readonly share: number
  /** An input that has the shape which is due, or nearly so. */
  readonly draw: (random: Random) => Buffer
  /** Hands the input over. Throws, or rejects, where what came of it may not be. */
  readonly check: (input: Buffer) => void | Promise<void>
}

/** What an input did that it may not. */
export class Finding extends Error {}

export function must (isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Finding(otherwise)
}
