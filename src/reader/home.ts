import { crc32 } from '../wire/crc32c.ts'
import { homePartition } from '../wire/murmur2.ts'

/** How the producers of a topic choose the partition of a key: as the Java client does, as librdkafka's default does, or not known. */
export type Partitioner = 'murmur2' | 'crc32' | 'any'

/** Where a key's records lie; undefined where they may lie anywhere. */
export function homeOf (partitioner: Partitioner, key: Buffer, partitions: number): number | undefined {
  switch (partitioner) {
    case 'murmur2': return homePartition(key, partitions)
    case 'crc32': return crc32(key) % partitions
    case 'any': return undefined
  }
}
