/** What `npm test` does, in order. Every step resolves to what it counted and prints its own failures. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { withCoverage, withoutCoverage } from './coverage.ts'
import { flowFiles, realKafkaFiles, root, securedFlowFiles, testFiles, unitFiles } from './files.ts'
import { runLedger } from './ledger.ts'
import { checkLogs } from './logs.ts'
import { ensureNode24 } from './node24.ts'
import { loud, succeeds } from './process.ts'
import { nothing, sum } from './tally.ts'
import type { Tally } from './tally.ts'
import { runTap } from './tap.ts'

export interface Step {
  name: string
  /** The words of `--only` that choose it. */
  words: string[]
  run(only: Set<string>): Promise<Tally>
}

const ownMajor = process.versions.node.split('.')[0]!
const embedded = { TEST_KAFKA: 'embedded', TEST_NODE: ownMajor }
/** A fault test that waits until Kafka has been away for long enough, and one that starts the command a dozen times, take a minute and a half on a busy machine. */
const timeoutS = 300

export const steps: Step[] = [
  { name: 'types', words: ['types'], run: () => command('npm', ['run', '--silent', 'types']) },
  { name: 'lint', words: ['lint'], run: () => tool('eslint', ['.']) },
  // npm's scripts need what is built; so may tests of the command and of the client library.
  { name: 'build', words: ['build'], run: () => command('npm', ['run', '--silent', 'build']) },
  {
    name: 'unit tests, and flow tests on the embedded broker',
    words: ['unit', 'embedded'],
    run: (only) => runTap({
      files: [...only.has('unit') ? unitFiles() : [], ...only.has('embedded') ? flowFiles() : []],
      env: embedded,
      jobs: 2,
      timeoutS,
      // Half of the tests would be measured against the rule for all of them.
      coverage: only.has('unit') && only.has('embedded') ? withCoverage : withoutCoverage
    })
  },
  { name: 'flow tests on a real Kafka', words: ['real'], run: onRealKafka },
  { name: 'flow tests on a Kafka with TLS, logins and ACLs', words: ['secure'], run: onSecuredKafka },
  { name: 'the ledger, for two minutes', words: ['ledger'], run: runLedger },
  { name: 'browser tests', words: ['browser'], run: inBrowser },
  { name: 'unit tests, and flow tests on the embedded broker, on Node 24', words: ['node24'], run: onNode24 },
  { name: 'image', words: ['image'], run: () => runTap({ files: testFiles('image'), timeoutS: 600 }) },
  { name: 'package', words: ['pack'], run: () => runTap({ files: testFiles('pack'), timeoutS: 300 }) },
  { name: 'no credential and no payload stands in what all tests logged', words: ['embedded', 'real', 'secure', 'node24'], run: () => checkLogs() }
]

async function onRealKafka (): Promise<Tally> {
  const files = realKafkaFiles()
  const given = process.env.TEST_KAFKA_BROKERS
  if (given) return await runTap(realKafkaRun(files, given))
  const { ensureKafka, startKafka } = await import('../kafka/real.ts')
  if (ensureKafka() === undefined) {
    return notRun(files, 'no Java or no Maven here, so nothing was tested on a real Apache Kafka')
  }
  const kafka = await startKafka()
  try {
    return await runTap(realKafkaRun(files, kafka.bootstrap))
  } finally {
    await kafka.stop()
  }
}

function realKafkaRun (files: string[], brokers: string) {
  return { files, env: { TEST_KAFKA: 'real', TEST_KAFKA_BROKERS: brokers, TEST_NODE: ownMajor }, timeoutS }
}

/** TEST_SECURE=whole: all flow tests, each way. */
async function onSecuredKafka (): Promise<Tally> {
  const own = testFiles('secured')
  const files = securedFlowFiles(process.env.TEST_SECURE === 'whole')
  const { ensureKafka, SecuredKafka } = await import('../kafka/secured.ts')
  if (ensureKafka() === undefined) return notRun([...own, ...files], 'no Java or no Maven here, so nothing was tested on a secured Apache Kafka')
  const { environmentOf } = await import('../kafka/secured-run.ts')
  const tallies = [await runTap({ files: own, timeoutS: 300 })]
  const kafka = new SecuredKafka()
  try {
    await kafka.start()
    for (const kind of ['scram', 'oauthbearer', 'mtls'] as const) {
      console.log(`  by ${kind}`)
      tallies.push(await runTap({ files, env: { ...environmentOf(kafka, kind), TEST_NODE: ownMajor }, timeoutS }))
    }
  } finally {
    await kafka.stop()
  }
  return sum(tallies)
}

async function inBrowser (): Promise<Tally> {
  const files = testFiles('browser')
  const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(chromium)) return notRun(files, `no Chromium at ${chromium} ($CHROMIUM says where), so nothing was tested in a browser`)
  return await runTap({ files, env: { ...embedded, CHROMIUM: chromium }, timeoutS })
}

async function onNode24 (): Promise<Tally> {
  if (ownMajor === '24') {
    console.log('  this is Node 24 already: nothing to repeat')
    return nothing
  }
  const node = await ensureNode24()
  if (node === undefined) throw new Error('npm could not install node@24')
  return await runTap({
    files: [...unitFiles(), ...flowFiles()],
    env: { ...embedded, TEST_NODE: '24' },
    node,
    jobs: 2,
    timeoutS
  })
}

/** A tool counts nothing; if it finds fault that is one failure. */
async function tool (name: string, args: string[]): Promise<Tally> {
  return await command(process.execPath, [join(root, 'node_modules', '.bin', name), ...args])
}

async function command (name: string, args: string[]): Promise<Tally> {
  return await succeeds(name, args) ? nothing : { ...nothing, failed: 1 }
}

function notRun (files: string[], why: string): Tally {
  loud(`${why}; ${files.length} test files count as skipped`)
  return { ...nothing, skipped: files.length }
}
