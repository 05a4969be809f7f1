import { always, span, type FaultKind } from './fault.ts'

const MOST_MS = 1_200

export const brokerKilled: FaultKind = {
  name: 'broker killed',
  weight: 3,
  possible: always,
  run: async (world, random, tell) => {
    const broker = random.int(0, world.kafka.size - 1)
    tell(`broker ${broker}`)
    await world.kafka.kill(broker)
    await span(world, random, 0, MOST_MS)
    await world.kafka.restart(broker)
  }
}

export const brokerFrozen: FaultKind = {
  name: 'broker frozen',
  weight: 3,
  possible: always,
  run: async (world, random, tell) => {
    const broker = random.int(0, world.kafka.size - 1)
    tell(`broker ${broker}`)
    world.kafka.freeze(broker)
    await span(world, random, 50, MOST_MS)
    world.kafka.thaw(broker)
  }
}

export const brokerBounced: FaultKind = {
  name: 'broker restarted twice',
  weight: 1,
  possible: ({ kafka }) => kafka.kind === 'embedded', // a real one takes long enough to start once,
  run: async (world, random, tell) => {
    const broker = random.int(0, world.kafka.size - 1)
    tell(`broker ${broker}`)
    await world.kafka.restart(broker)
    await span(world, random, 0, 300)
    await world.kafka.restart(broker)
  }
}
