import { table } from '../report.ts'
import { kinds, type Kind } from './checker/violation.ts'
import type { Tally } from './tally.ts'

/** One check for each kind of violation in each seed. */
export function counts ({ seeds, failed }: Tally): { passed: number, failed: number } {
  return { passed: seeds * Object.keys(kinds).length - failed, failed }
}

/** The tables, for people and for Markdown alike. */
export function summary (tally: Tally): string {
  const { seeds, sockets, frames, acks, refusals, deliveries } = tally
  return [
    table(['Seeds', 'Sockets', 'Frames', 'Acks', 'Refusals', 'Deliveries'], [[seeds, sockets, frames, acks, refusals, deliveries]]),
    table(
      ['Fault', 'Times', 'Worst, to the next ack', 'Worst, to the next delivery'],
      Object.entries(tally.faults).sort().map(([fault, times]) => [fault, times, ms(tally.worstMs[fault]?.ack), ms(tally.worstMs[fault]?.delivery)])
    ),
    table(['Violation', 'What it is', 'Times'], Object.entries(kinds).map(([kind, what]) => [`\`${kind}\``, what, tally.violations[kind as Kind] ?? 0]))
  ].join('\n\n')
}

function ms (value: number | undefined): string { return value === undefined ? '' : `${value.toFixed(0)} ms` }
