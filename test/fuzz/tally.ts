import { lineOf } from './corpus.ts'

export interface Failure {
  readonly kind: string
  readonly message: string
  /** The first input that did it; undefined where it cannot be told which. */
  readonly input: Buffer | undefined
  times: number
}

/** What was tried, and what came of it. Failures that say the same, but for numbers, are one. */
export class Tally {
  readonly inputs = new Map<string, number>()
  readonly failures = new Map<string, Failure>()
  #told: (failure: Failure) => void

  constructor (told: (failure: Failure) => void) { this.#told = told }

  get total (): number { return [...this.inputs.values()].reduce((a, b) => a + b, 0) }
  get failed (): number { return [...this.failures.values()].reduce((sum, { times }) => sum + times, 0) }

  tried (kind: string): void { this.inputs.set(kind, (this.inputs.get(kind) ?? 0) + 1) }

  failedWith (kind: string, error: unknown, input?: Buffer): void {
    const message = error instanceof Error ? (error.constructor.name === 'Finding' ? error.message : error.stack ?? error.message) : String(error)
    const key = `${kind} ${message.replaceAll(/\d+/g, '#').slice(0, 80)}`
    const known = this.failures.get(key)
    const failure = known ?? { kind, message, input, times: 0 }
    failure.times++
    this.failures.set(key, failure)
    if (known === undefined) this.#told(failure)
  }
}

/** A table by kind. */
export function table ({ inputs, failures }: Tally): string {
  const failed = (kind: string): number => [...failures.values()].filter((one) => one.kind === kind).reduce((sum, { times }) => sum + times, 0)
  const kinds = new Set([...inputs.keys(), ...[...failures.values()].map(({ kind }) => kind)])
  const rows = [...kinds].map((kind) => [kind, String(inputs.get(kind) ?? 0), String(failed(kind))])
  return [['What reads it', 'Inputs', 'Failures'], ...rows].map(([kind = '', count = '', wrong = '']) => `${kind.padEnd(26)}${count.padStart(10)}${wrong.padStart(10)}`).join('\n')
}

/** How a failure is told: with what it takes to have it again. */
export function story ({ kind, message, input }: Failure, seed: number): string {
  if (input === undefined) return `${kind}: ${message}`
  return `${kind}: ${message}\n  drawn from seed ${seed}; again: npm run fuzz -- --kind '${kind}' --hex ${input.toString('hex')}\n  as a line of the corpus: ${lineOf(input)}`
}
