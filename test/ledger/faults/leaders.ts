import { setTimeout as delay } from 'node:timers/promises'
import { withAdmin } from '../services/kafka-client.ts'
import type { World } from '../world.ts'
import type { FaultKind } from './fault.ts'

const SETTLE_MS = 500
const POLLS = 40

/** The leaders of a topic are taken out of its replicas, so that others must lead; then all are replicas again. */
export const leaderMoved: FaultKind = {
  name: 'leader moved',
  weight: 3,
  possible: ({ kafka }) => kafka.size > 1,
  run: async (world, random, tell) => {
    const topic = random.pick(Object.values(world.topics))
    tell(topic)
    await withAdmin(world.kafka.brokers, async (admin) => {
      const partitions = (await admin.fetchTopicMetadata({ topics: [topic] })).topics.flatMap((one) => one.partitions)
      await admin.alterPartitionReassignments({
        topics: [{ topic, partitionAssignment: partitions.map(({ partitionId, leader, replicas }) => ({ partition: partitionId, replicas: replicas.filter((node) => node !== leader) })) }]
      })
      await settled(world, topic)
      await admin.alterPartitionReassignments({
        topics: [{ topic, partitionAssignment: partitions.map(({ partitionId, leader, replicas }) => ({ partition: partitionId, replicas: [...replicas.filter((node) => node !== leader), leader] })) }]
      })
      await settled(world, topic)
    })
  }
}

async function settled ({ kafka }: World, topic: string): Promise<void> {
  for (let polls = 0; polls < POLLS; polls++) {
    const { topics } = await withAdmin(kafka.brokers, (admin) => admin.listPartitionReassignments({}))
    if (!topics.some((one) => one.topic === topic)) return
    await delay(SETTLE_MS)
  }
}
