import type { Settings } from '../config/index.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { Audit, type Sink } from './audit.ts'
import { FileSink } from './file.ts'
import { topicSink } from './topic.ts'

export interface OpenAudit {
  readonly audit: Audit
  /** Resolves when what can be written to the file is. */
  readonly close: () => Promise<void>
}

/** The audit log as the settings say; undefined where they name no place for it. `log` has to have the topic, and may be opened later. Throws a `ConfigError` where the file is not good. */
export function createAudit ({ audit: { file, topic } }: Settings, log: Log, clock: Clock, warn: (sentence: string) => void): OpenAudit | undefined {
  const sinks: Sink[] = []
  const lost = (): void => { audit.lost += 1 }
  const written = file === undefined ? undefined : new FileSink(file, clock, { lost, warn })
  if (written !== undefined) sinks.push((line) => written.write(line))
  if (topic !== undefined) sinks.push(topicSink(log, topic, lost))
  if (sinks.length === 0) return undefined
  const audit: Audit = new Audit(clock, sinks)
  return { audit, close: async () => await written?.close() }
}
