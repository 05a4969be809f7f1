/** `npm test`: every check of the project, or with `--only unit,embedded,…` some of them. */

import { parseArgs } from 'node:util'
import { root } from './files.ts'
import { keepLogs } from './logs.ts'
import { steps } from './steps.ts'
import type { Step } from './steps.ts'
import { sum } from './tally.ts'
import type { Tally } from './tally.ts'
import { failures } from './tap.ts'

process.chdir(root)
// A signal ends this process by `exit`, and with that what it started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const only = chosen()
keepLogs()
const done: { name: string, tally: Tally, seconds: number }[] = []
for (const step of steps) {
  if (!step.words.some((word) => only.has(word))) continue
  console.log(`\n== ${step.name}`)
  const start = performance.now()
  const tally = await run(step)
  const seconds = (performance.now() - start) / 1000
  done.push({ name: step.name, tally, seconds })
  console.log(`== ${step.name}: ${words(tally)}, ${seconds.toFixed(1)} s`)
}

const total = sum(done.map(({ tally }) => tally))
console.log(`\n${done.map(({ name, tally, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}: ${words(tally)}\n`).join('')}`)
for (const name of failures) console.log(`FAILED ${name}`)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1

function chosen (): Set<string> {
  const known = [...new Set(steps.flatMap((step) => step.words))]
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (values.only === undefined) return new Set(known)
  const asked = values.only.split(',')
  const unknown = asked.filter((word) => !known.includes(word))
  if (unknown.length > 0) {
    console.error(`--only knows ${known.join(', ')}; not ${unknown.join(', ')}`)
    process.exit(2)
  }
  return new Set(asked)
}

/** A step that cannot be carried out has failed; the others still run. */
async function run (step: Step): Promise<Tally> {
  try {
    return await step.run(only)
  } catch (error) {
    console.error(error)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function words ({ passed, failed, skipped }: Tally): string {
  return `${passed} ok, ${failed} not ok, ${skipped} skipped`
}
