/** A process that carries out seeds, one after the other, as it is told. It ends with the process that started it. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Violation } from './checker/violation.ts'
import type { Cluster } from './kafka/cluster.ts'
import { embeddedCluster } from './kafka/embedded.ts'
import { realCluster } from './kafka/real.ts'
import { runSeed } from './seed.ts'
import { tallyOf, type Tally } from './tally.ts'

export interface LaneOptions {
  readonly kafka: 'embedded' | 'real' | 'real3'
  readonly instances: number
  /** Where histories go. */
  readonly folder: string
  /** Also those without a violation. */
  readonly keep: boolean
}

export interface Done { readonly seed: number, readonly tally: Tally, readonly violations: readonly Violation[], readonly path: string | undefined }

const options = JSON.parse(process.argv[2] ?? '') as LaneOptions
/** A real cluster takes long to start, and serves all seeds. */
let shared: Promise<Cluster> | undefined

process.on('message', (seed: number) => { void one(seed) })
process.on('disconnect', () => { void end() })

async function one (seed: number): Promise<void> {
  const kafka = await cluster()
  try {
    const { history, violations } = await runSeed(seed, kafka, options.instances)
    const bad = violations.length > 0
    const path = bad || options.keep ? join(options.folder, `seed-${seed}.jsonl`) : undefined
    if (path !== undefined) {
      mkdirSync(options.folder, { recursive: true })
      history.save(path)
    }
    const done: Done = { seed, tally: tallyOf(history.events, violations), violations, path }
    process.send?.(done)
  } finally {
    if (options.kafka === 'embedded') await kafka.stop()
  }
}

function cluster (): Promise<Cluster> {
  if (options.kafka === 'embedded') return embeddedCluster()
  shared ??= realCluster(options.kafka === 'real' ? 1 : 3)
  return shared
}

async function end (): Promise<void> {
  await (await shared)?.stop()
  process.exit()
}
