/** Which test files belong to which step. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

/** What is held against both Kafkas. */
const onKafka = ['flow', 'log', 'positions', 'fault']

/** What has a step of its own, for what it needs of the machine. */
const apart = ['browser', 'image', 'kafka', 'pack', 'secured']

export function flowFiles (): string[] { return onKafka.flatMap(testFiles) }

export function realKafkaFiles (): string[] { return [...flowFiles(), ...testFiles('kafka')] }

/** Those of the flow tests that use each of Kafka's topics each way. */
const TELLING = ['http', 'positions', 'protocol', 'raw', 'resume', 'watch'].map((name) => join('test', 'flow', `${name}.test.ts`))

/** What is run over each secured listener: with `whole`, all flow tests. */
export function securedFlowFiles (whole: boolean): string[] { return whole ? testFiles('flow') : TELLING }

export function unitFiles (): string[] {
  return testFiles('.').filter((file) => ![...onKafka, ...apart].some((folder) => file.startsWith(join('test', folder, '/'))))
}

/** The test files below a folder of `test/`, relative to the project. */
export function testFiles (folder: string): string[] {
  const from = join(root, 'test', folder)
  if (!existsSync(from)) return []
  return readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', folder, name))
    .sort()
}
