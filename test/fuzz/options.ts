import { parseArgs } from 'node:util'

export interface Options {
  readonly seed: number
  /** Whichever is first ends the run. */
  readonly inputs: number
  readonly seconds: number
  /** Only kinds with this in their name. */
  readonly kind: string
  /** One input, instead of a run. */
  readonly hex: string | undefined
}

export const usage = `npm run fuzz -- [options]

  --inputs N     so many (default: 10000000), or what --seconds allows
  --seconds S    no new input after so long (default: 1200)
  --seed N       what is drawn from (default: 1)
  --kind WORD    only kinds that have this in their name
  --hex BYTES    this one input, for the kind of that name: as a finding is printed`

/** Throws where an option is unknown, or is no number. */
export function readOptions (argv: readonly string[]): Options {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...argv], options: { seed: text, inputs: text, seconds: text, kind: text, hex: text } })
  if (values.hex !== undefined && (values.kind === undefined || !/^(?:[0-9a-f]{2})*$/i.test(values.hex))) throw new Error('--hex is for one --kind, and has two hex digits for each byte')
  return {
    seed: whole('seed', values.seed ?? '1'),
    inputs: whole('inputs', values.inputs ?? '10000000'),
    seconds: whole('seconds', values.seconds ?? '1200'),
    kind: values.kind ?? '',
    hex: values.hex
  }
}

function whole (name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1 on; not ${text}`)
  return value
}
