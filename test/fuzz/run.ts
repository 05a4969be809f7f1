/** `npm run fuzz`: hands what nobody should send to whatever reads it, and ends with 0 only if nothing came of it. */

import { begin } from '../program.ts'
import { fuzz } from './fuzz.ts'
import { readOptions, usage } from './options.ts'
import { story, table } from './tally.ts'

const options = begin(readOptions, usage)
const { tally, seconds, grewBytes, served, slowestMs } = await fuzz(options, (failure) => console.log(`${story(failure, options.seed)}\n`))
console.log(`${table(tally)}\n`)
console.log(`The gateway's memory: ${(grewBytes / 1024 / 1024).toFixed(1)} MiB more at the end than behind the first quarter.`)
console.log(`A good neighbour was served ${served} times, in ${slowestMs.toFixed(0)} ms at most.\n`)
console.log(`${tally.total} inputs in ${seconds.toFixed(0)} s; ${tally.total - tally.failed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed === 0 && tally.total > 0 ? 0 : 1
