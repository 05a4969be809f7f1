import type { BatchHeader } from './batch.ts'
import { Log } from './log.ts'
import { MemoryStore } from './store.ts'
import type { TopicConfigs } from './topic-configs.ts'

export interface SavedTopic { readonly name: string, readonly partitions: number, readonly configs: Record<string, string> }

/** Where topics and their logs are kept. */
export interface Storage {
  /** Random, 22 characters as Kafka's are; the same as long as the records are kept. */
  readonly clusterId: string
  topics: () => SavedTopic[]
  saveTopic: (topic: SavedTopic) => void
  removeTopic: (name: string) => void
  /** Opens a partition's log and shows each batch that it holds already. */
  openLog: (topic: string, partition: number, configs: TopicConfigs, note: (batch: Buffer, header: BatchHeader) => void) => Log
  close: () => void
}

export function memoryStorage (clusterId: string, retentionBytes: number): Storage {
  return {
    clusterId,
    topics: () => [],
    saveTopic: () => {},
    removeTopic: () => {},
    openLog: (_topic, _partition, { tombstoneMs }) => new Log({
      retentionBytes,
      tombstoneMs,
      start: 0,
      store: () => new MemoryStore(),
      replace: (_base, bytes) => new MemoryStore(bytes)
    }),
    close: () => {}
  }
}
