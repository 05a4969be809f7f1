import pino from 'pino'
import type { Settings } from '../config/index.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { Audit, type Sink } from './audit.ts'
import { topicSink } from './topic.ts'

export interface OpenAudit {
  readonly audit: Audit
  /** Flushes what was written to the file. */
  readonly close: () => void
}

/** The audit log as the settings say; undefined where they name no place for it. `log` has to have the topic, and may be opened later. */
export function createAudit ({ audit: { file, topic } }: Settings, log: Log, clock: Clock): OpenAudit | undefined {
  const sinks: Sink[] = []
  const stream = file === undefined ? undefined : pino.destination({ dest: file, append: true, sync: false, mode: 0o600 })
  if (stream !== undefined) sinks.push((line) => stream.write(line))
  if (topic !== undefined) sinks.push(topicSink(log, topic, () => { audit.lost += 1 }))
  if (sinks.length === 0) return undefined
  const audit: Audit = new Audit(clock, sinks)
  return { audit, close: () => stream?.end() }
}
