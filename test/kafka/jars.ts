/** Apache Kafka's jars, fetched once with Maven and kept in `.cache/`. */

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export const KAFKA_VERSION = '4.3.1'

const root = join(import.meta.dirname, '..', '..')
const pom = join(import.meta.dirname, 'pom.xml')
const cache = join(root, '.cache', `kafka-${KAFKA_VERSION}`)
const libs = join(cache, 'libs')

/** The class path (`…/libs/*`); undefined on a machine without Java, or without Maven when there is something to fetch. */
export function ensureKafka (): string | undefined {
  if (!runs('java', '-version')) return undefined
  if (!isCurrent()) {
    if (!runs('mvn', '-version')) return undefined
    fetchJars()
  }
  return join(libs, '*')
}

/** The folder holds a copy of the pom.xml it was made from, so a changed version is fetched anew. */
function isCurrent (): boolean {
  const madeFrom = join(libs, 'pom.xml')
  return existsSync(madeFrom) && readFileSync(madeFrom, 'utf8') === readFileSync(pom, 'utf8')
}

/** Made beside its place and then renamed: a fetch that is cut off leaves nothing that looks complete. */
function fetchJars (): void {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, 'fetch-'))
  try {
    const { status, stdout, stderr } = spawnSync('mvn', [
      '-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`
    ], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`Maven could not fetch Apache Kafka ${KAFKA_VERSION}:\n${stdout}${stderr}`)
    copyFileSync(pom, join(fresh, 'pom.xml'))
    putInPlace(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Another test process may have been quicker; its folder is as good as ours. */
function putInPlace (fresh: string): void {
  if (!isCurrent()) rmSync(libs, { recursive: true, force: true })
  try {
    renameSync(fresh, libs)
  } catch (error) {
    if (!isCurrent()) throw error
  }
}

function runs (command: string, argument: string): boolean {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0
}
