import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { LaneOptions } from './lane.ts'

export interface Options extends LaneOptions {
  /** Given: this one alone. */
  readonly seed: number | undefined
  readonly from: number
  readonly seeds: number
  readonly minutes: number
  /** How many processes work at once, and how many seeds each has under way. */
  readonly lanes: number
  readonly atOnce: number
  readonly report: boolean
  /** A history to decide about, instead of a run. */
  readonly check: string | undefined
}

export const usage = `npm run ledger -- [options]

  --seed N          one seed, again
  --seeds N         so many, from --from on (default: 1000, or as many as --minutes allows)
  --from N          the first of them (default: 1)
  --minutes M       no new seed is begun after so long (default: 30)
  --kafka KIND      embedded (default), real (one broker), real3 (three)
  --instances N     of the gateway (default: 2)
  --lanes N         processes that work at once (default: 2; on a real Kafka 1)
  --at-once N       seeds that each has under way (default: 2; on a real Kafka 1)
  --report          writes the table into docs/reliability.md
  --keep            keeps the history of every seed, not only of those with a violation
  --check FILE      decides about a history that was kept`

/** Throws where an option is unknown, or is no number. */
export function readOptions (argv: readonly string[]): Options {
  const number = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: number,
      seeds: number,
      from: number,
      minutes: number,
      instances: number,
      lanes: number,
      'at-once': number,
      kafka: { type: 'string', default: 'embedded' },
      report: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      check: { type: 'string' }
    }
  })
  const { kafka, report, keep, check } = values
  if (kafka !== 'embedded' && kafka !== 'real' && kafka !== 'real3') throw new Error(`--kafka is embedded, real or real3; not ${kafka}`)
  if (report && kafka === 'real') throw new Error('--report is for embedded and real3: the document has no table of one broker')
  const atOnce = kafka === 'embedded' ? 2 : 1
  return {
    kafka,
    report,
    keep,
    check,
    folder: join(tmpdir(), 'sluice-ledger'),
    seed: values.seed === undefined ? undefined : whole('seed', values.seed),
    from: whole('from', values.from ?? '1'),
    seeds: whole('seeds', values.seeds ?? '1000'),
    minutes: whole('minutes', values.minutes ?? '30'),
    instances: whole('instances', values.instances ?? '2'),
    lanes: kafka === 'embedded' ? whole('lanes', values.lanes ?? '2') : 1,
    atOnce: kafka === 'embedded' ? whole('at-once', values['at-once'] ?? String(atOnce)) : 1
  }
}

function whole (name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1 on; not ${text}`)
  return value
}
