import { join } from 'node:path'
import { withoutCoverage } from './coverage.ts'
import { root } from './files.ts'
import { succeeds } from './process.ts'
import { nothing } from './tally.ts'
import type { Tally } from './tally.ts'
import { tapResults } from './tap-results.ts'

export interface TapRun {
  files: string[]
  env?: NodeJS.ProcessEnv
  /** The binary under which the test files run; tap starts them with the one that it runs under itself. */
  node?: string
  coverage?: string[]
  jobs?: number
  timeoutS?: number
}

/** What failed so far, in all runs: the end of a long output says it again, for who sees no more of it. */
export const failures: string[] = []

export async function runTap ({ files, env = {}, node = process.execPath, coverage = withoutCoverage, jobs = 1, timeoutS = 60 }: TapRun): Promise<Tally> {
  if (files.length === 0) {
    console.log('  no test files')
    return nothing
  }
  const results = tapResults((line) => console.log(line))
  const endedWell = await succeeds(node, [
    join(root, 'node_modules', '.bin', 'tap'), 'run', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeoutS}`, ...coverage, ...files
  ], { env, onOutput: (text) => results.write(text) })
  failures.push(...results.failures)
  return results.end(endedWell)
}
