import { circumstances, writeSection } from '../report.ts'
import type { Options } from './options.ts'
import { summary } from './summary.ts'
import type { Tally } from './tally.ts'

const KAFKAS = { embedded: 'the embedded broker', real: 'Apache Kafka, one broker', real3: 'Apache Kafka, three brokers' }

/** Puts what came out of a run into the document, between the marks for its kind of Kafka. */
export function writeReport (all: Tally, { kafka, instances }: Options, seconds: number): void {
  const faults = Object.values(all.faults).reduce((a, b) => a + b, 0)
  const head = `On ${KAFKAS[kafka]}, ${instances} instances of the gateway: ${faults} faults in ${(seconds / 60).toFixed(1)} minutes.`
  writeSection(kafka, `${head}\n\n${summary(all)}\n\n${circumstances()}`)
}
