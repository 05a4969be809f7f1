import { parseArgs } from 'node:util'

export interface Options {
  /** How long each outage takes. */
  readonly seconds: readonly number[]
  readonly report: boolean
}

export const usage = `npm run outages -- [options]

  --seconds LIST    how long Kafka is away each time, separated by commas (default: 1,5,15,60)
  --report          writes the table into docs/reliability.md`

/** Throws where an option is unknown, or is no number. */
export function readOptions (argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: { seconds: { type: 'string', default: '1,5,15,60' }, report: { type: 'boolean', default: false } }
  })
  const seconds = values.seconds.split(',').map(Number)
  if (!seconds.every((value) => value > 0)) throw new Error(`--seconds is a list of numbers above 0; not ${values.seconds}`)
  return { seconds, report: values.report }
}
