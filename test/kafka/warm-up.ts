import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'

const pollMs = 50

/**
 * Resolves when the cluster has a group coordinator that has loaded and producer ids to give. Right after their start brokers
 * refuse both for a moment (COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR), which is not what most tests are about.
 */
export async function warmUp (bootstrap: string, deadlineMs: number): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: bootstrap.split(','),
    retry: { initialRetryTime: pollMs, retries: 2 },
    logLevel: kafkajs.logLevel.NOTHING
  })
  const admin = kafka.admin()
  const producer = kafka.producer({ idempotent: true })
  const deadline = performance.now() + deadlineMs
  try {
    await untilAccepted(() => admin.connect(), deadline)
    await untilAccepted(() => admin.fetchOffsets({ groupId: 'warm-up' }), deadline)
    await untilAccepted(() => producer.connect(), deadline)
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()])
  }
}

async function untilAccepted (attempt: () => Promise<unknown>, deadline: number): Promise<void> {
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(pollMs)
    }
  }
}
