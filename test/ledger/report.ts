import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { summary } from './summary.ts'
import type { Tally } from './tally.ts'

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md')

const KAFKAS = { embedded: 'the embedded broker', real: 'Apache Kafka, one broker', real3: 'Apache Kafka, three brokers' }

/** Puts what came out of a run into the document, between the marks for its kind of Kafka. */
export function writeReport (all: Tally, { kafka, instances }: Options, seconds: number): void {
  const whole = readFileSync(DOCUMENT, 'utf8')
  const [begin, end] = [`<!-- ${kafka} -->`, `<!-- /${kafka} -->`]
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`${DOCUMENT} has no place for ${kafka}`)
  const faults = Object.values(all.faults).reduce((a, b) => a + b, 0)
  const head = `On ${KAFKAS[kafka]}, ${instances} instances of the gateway: ${faults} faults in ${(seconds / 60).toFixed(1)} minutes.`
  writeFileSync(DOCUMENT, `${whole.slice(0, from + begin.length)}\n${head}\n\n${summary(all)}\n${whole.slice(to)}`)
}
