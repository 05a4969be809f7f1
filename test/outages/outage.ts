import { setTimeout as delay } from 'node:timers/promises'
import type { FaultyKafka } from '../fault/faulty-kafka.ts'
import type { Stubborn } from '../fault/stubborn.ts'
import type { Messages } from './messages.ts'
import type { Probe } from './probe.ts'

export const ways = ['killed', 'frozen'] as const

/** In ms from the moment at which Kafka's port is open again, or at which it runs on. */
export interface Outage { way: typeof ways[number], seconds: number, taken: number, firstAck: number, lastAck: number, firstDelivery: number }

export interface World { readonly kafka: FaultyKafka, readonly probe: Probe, readonly devices: readonly Stubborn[], readonly messages: Messages }

/** Kafka is away for so long; resolves when every device has had an ack, and the listener a message, after that. */
export async function outage (way: Outage['way'], seconds: number, { kafka, probe, devices, messages }: World): Promise<Outage> {
  const { back, taken } = await away[way](kafka, seconds * 1000, probe)
  const acks = await Promise.all(devices.map((device) => device.ackAfter(back)))
  return {
    way,
    seconds,
    taken: taken - back,
    firstAck: Math.min(...acks) - back,
    lastAck: Math.max(...acks) - back,
    firstDelivery: await messages.deliveryAfter(back) - back
  }
}

/** When it is back, and when it takes a record of the probe. */
const away = {
  killed: async (kafka: FaultyKafka, ms: number, probe: Probe): Promise<{ back: number, taken: number }> => {
    await kafka.kill()
    await delay(ms)
    const [back, taken] = await Promise.all([kafka.restart(), probe.taken()])
    return { back, taken }
  },
  frozen: async (kafka: FaultyKafka, ms: number, probe: Probe): Promise<{ back: number, taken: number }> => {
    kafka.freeze()
    await delay(ms)
    const back = performance.now()
    kafka.thaw()
    return { back, taken: await probe.taken() }
  }
}
