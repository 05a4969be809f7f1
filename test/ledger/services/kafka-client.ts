import kafkajs, { type Admin, type Kafka } from 'kafkajs'

/** Plain kafkajs, as a service would use it: nothing here goes through the gateway's own code. */
export function kafkaClient (brokers: string): Kafka {
  return new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'a-service',
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 5 },
    logLevel: kafkajs.logLevel.NOTHING
  })
}

/** Tries until it succeeds: at the edges of a run Kafka may still be waking up. */
export async function withAdmin<T> (brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const admin = kafkaClient(brokers).admin()
    try {
      await admin.connect()
      return await use(admin)
    } catch (error) {
      if (tries === 20) throw error
      await new Promise((resolve) => { setTimeout(resolve, 250) })
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }
}
