import { setTimeout as delay } from 'node:timers/promises'
import type { FaultyKafka } from '../fault/faulty-kafka.ts'
import type { Stubborn } from '../fault/stubborn.ts'
import type { Messages } from './messages.ts'

export const ways = ['killed', 'frozen'] as const

/** In ms from the moment at which Kafka's port is open again, or at which it runs on. */
export interface Outage { way: typeof ways[number], seconds: number, firstAck: number, lastAck: number, firstDelivery: number }

/** Kafka is away for so long; resolves when every device has had an ack, and the listener a message, after that. */
export async function outage (way: Outage['way'], seconds: number, kafka: FaultyKafka, devices: readonly Stubborn[], messages: Messages): Promise<Outage> {
  const back = await away[way](kafka, seconds * 1000)
  const acks = await Promise.all(devices.map((device) => device.ackAfter(back)))
  return { way, seconds, firstAck: Math.min(...acks) - back, lastAck: Math.max(...acks) - back, firstDelivery: await messages.deliveryAfter(back) - back }
}

/** Resolve to the time at which it is back. */
const away = {
  killed: async (kafka: FaultyKafka, ms: number): Promise<number> => {
    await kafka.kill()
    await delay(ms)
    return await kafka.restart()
  },
  frozen: async (kafka: FaultyKafka, ms: number): Promise<number> => {
    kafka.freeze()
    await delay(ms)
    const back = performance.now()
    kafka.thaw()
    return back
  }
}
