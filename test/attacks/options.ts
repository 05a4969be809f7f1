import { parseArgs } from 'node:util'

export interface Options {
  readonly rounds: number
  /** Of each window, one with the attack and one without. */
  readonly seconds: number
  readonly report: boolean
}

export const usage = `npm run attacks -- [options]

  --rounds N     how often each attack is made (default: 3)
  --seconds N    how long each time (default: 5)
  --report       writes the table into docs/security.md`

/** Throws where an option is unknown, or is no number. */
export function readOptions (argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '5' }, report: { type: 'boolean', default: false } }
  })
  const [rounds, seconds] = [values.rounds, values.seconds].map(Number) as [number, number]
  if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) throw new Error('--rounds is a whole number above 0, and --seconds a number above 0')
  return { rounds, seconds, report: values.report }
}
