/** `npm run ledger`: runs seeds, decides about each, and ends with 0 only if nothing that was promised was broken. */

import { begin } from '../program.ts'
import { check } from './checker/check.ts'
import { readHistory } from './history/history.ts'
import type { Done } from './lane.ts'
import { runLanes } from './lanes.ts'
import { readOptions, usage, type Options } from './options.ts'
import { hasKcat } from './reader.ts'
import { writeReport } from './report.ts'
import { counts, summary } from './summary.ts'
import { add, nothing } from './tally.ts'

const SHOWN = 10

const options = begin(readOptions, usage)
process.exitCode = options.check === undefined ? await run(options) : decide(options.check)

async function run (options: Options): Promise<number> {
  if (!hasKcat) console.log('There is no kcat here: kafkajs reads the topics, which is no reader of another make.')
  const begun = performance.now()
  const all = nothing()
  let seed = options.seed ?? options.from
  const last = options.seed ?? options.from + options.seeds - 1
  const isLate = (): boolean => performance.now() - begun > options.minutes * 60_000
  await runLanes(options, () => seed > last || isLate() ? undefined : seed++, (done) => {
    add(all, done.tally)
    tell(done, options)
  })
  const seconds = (performance.now() - begun) / 1000
  console.log(`\n${summary(all)}\n`)
  if (options.report) writeReport(all, options, seconds)
  const { passed, failed } = counts(all)
  console.log(`${all.seeds} seeds, ${Object.values(all.faults).reduce((a, b) => a + b, 0)} faults in ${seconds.toFixed(0)} s; ${passed} passed, ${failed} failed`)
  return failed === 0 && all.seeds > 0 ? 0 : 1
}

function tell ({ seed, tally, violations, path }: Done, { kafka }: Options): void {
  const faults = Object.values(tally.faults).reduce((a, b) => a + b, 0)
  console.log(`seed ${seed}: ${faults} faults, ${tally.sockets} sockets, ${tally.frames} frames, ${tally.deliveries} deliveries, ${violations.length === 0 ? 'well' : `${violations.length} VIOLATIONS`}`)
  if (violations.length === 0) return
  for (const { kind, story } of violations.slice(0, SHOWN)) console.log(`  ${kind}: ${story}`)
  console.log(`  again: npm run ledger -- --kafka ${kafka} --seed ${seed}${path === undefined ? '' : `; its history: ${path}`}`)
}

function decide (path: string): number {
  const violations = check(readHistory(path))
  for (const { kind, story } of violations) console.log(`${kind}: ${story}`)
  console.log(`${violations.length} violations`)
  return violations.length === 0 ? 0 : 1
}
