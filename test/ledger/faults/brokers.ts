import type { Cluster } from '../kafka/cluster.ts'
import { always, span, type FaultKind } from './fault.ts'

const MOST_MS = 1_200

export const brokerKilled: FaultKind = {
  name: 'broker killed',
  weight: 3,
  possible: always,
  run: toOne(async (kafka, broker, wait) => {
    await kafka.kill(broker)
    await wait(0, MOST_MS)
    await kafka.restart(broker)
  })
}

export const brokerFrozen: FaultKind = {
  name: 'broker frozen',
  weight: 3,
  possible: always,
  run: toOne(async (kafka, broker, wait) => {
    kafka.freeze(broker)
    await wait(50, MOST_MS)
    kafka.thaw(broker)
  })
}

export const brokerBounced: FaultKind = {
  name: 'broker restarted twice',
  weight: 1,
  possible: ({ kafka }) => kafka.kind === 'embedded', // a real one takes long enough to start once
  run: toOne(async (kafka, broker, wait) => {
    await kafka.restart(broker)
    await wait(0, 300)
    await kafka.restart(broker)
  })
}

function toOne (harm: (kafka: Cluster, broker: number, wait: (fromMs: number, toMs: number) => Promise<unknown>) => Promise<void>): FaultKind['run'] {
  return async (world, random, tell) => {
    const broker = random.int(0, world.kafka.size - 1)
    tell(`broker ${broker}`)
    await harm(world.kafka, broker, (fromMs, toMs) => span(world, random, fromMs, toMs))
  }
}
