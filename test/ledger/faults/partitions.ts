import { withAdmin } from '../services/kafka-client.ts'
import type { FaultKind } from './fault.ts'

/** Keys move: producers that know of it write a device's records elsewhere from then on. */
export const partitionsAdded: FaultKind = {
  name: 'partitions added',
  weight: 1,
  possible: () => true,
  run: async (world, random, tell) => {
    const topic = world.topics.downlink
    await withAdmin(world.kafka.brokers, async (admin) => {
      const [known] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
      const count = (known?.partitions.length ?? 1) + random.int(1, 3)
      tell(`${count} partitions of the downlink`)
      await admin.createPartitions({ topicPartitions: [{ topic, count }] })
    })
  }
}
