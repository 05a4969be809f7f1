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

/** At the edges of a run Kafka may still be waking up: it is asked for longer. */
export async function withAdmin<T> (brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(brokers).admin({ retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 40 } })
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
