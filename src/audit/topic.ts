import type { Log, Waiter } from '../log/log.ts'
import { HeaderBlock } from '../wire/header-block.ts'
import type { Sink } from './audit.ts'

const NO_HEADERS = new HeaderBlock()
const NO_KEY = Buffer.alloc(0)

/** Appends each line to a topic, as one record without a key; `lost` is called for one that Kafka does not take. */
export function topicSink (log: Log, name: string, lost: () => void): Sink {
  const waiter: Waiter = { stored: () => {}, failed: lost }
  let next = 0
  return (line) => {
    try {
      const topic = log.topic(name)
      const value = Buffer.from(line.trimEnd())
      next = (next + 1) % topic.partitions
      if (!topic.append(next, NO_KEY, value, 0, value.length, NO_HEADERS, waiter, 1)) lost()
    } catch { // Kafka is not open yet
      lost()
    }
  }
}
