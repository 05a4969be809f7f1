import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Violation } from './checker/violation.ts'
import type { Done } from './lane.ts'
import type { Options } from './options.ts'
import { nothing } from './tally.ts'

/** A seed that says nothing for so long hangs. */
const HANGS_MS = 300_000

/** Carries out seeds in processes of their own until `next` has no more; one that ends by itself, or hangs, is a violation of the seeds that it had. */
export async function runLanes (options: Options, next: () => number | undefined, done: (result: Done) => void): Promise<void> {
  await Promise.all(Array.from({ length: options.lanes }, () => runLane(options, next, done)))
}

async function runLane (options: Options, next: () => number | undefined, done: (result: Done) => void): Promise<void> {
  const underWay = new Map<number, NodeJS.Timeout>()
  let goesOn = true
  while (goesOn) {
    const child = start(options)
    const feed = (): void => {
      while (underWay.size < options.atOnce) {
        const seed = next()
        if (seed === undefined) break
        underWay.set(seed, setTimeout(() => child.kill('SIGKILL'), HANGS_MS))
        child.send(seed)
      }
      goesOn = underWay.size > 0
      if (!goesOn && child.connected) child.disconnect()
    }
    child.on('message', (result: Done) => {
      clearTimeout(underWay.get(result.seed))
      underWay.delete(result.seed)
      done(result)
      feed()
    })
    const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(`${code ?? signal}`)))
    feed()
    const how = await ended
    for (const [seed, timer] of underWay) {
      clearTimeout(timer)
      done(crashed(seed, how))
    }
    underWay.clear()
  }
}

function start (options: Options): ChildProcess {
  const child = fork(join(import.meta.dirname, 'lane.ts'), [JSON.stringify(options)])
  const kill = (): void => { child.kill('SIGKILL') }
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

function crashed (seed: number, how: string): Done {
  const violations: Violation[] = [{ kind: 'crashed', story: `the process that ran seed ${seed}, gateways and all, ended with ${how}` }]
  return { seed, violations, path: undefined, tally: { ...nothing(), seeds: 1, failed: 1, violations: { crashed: 1 } } }
}
