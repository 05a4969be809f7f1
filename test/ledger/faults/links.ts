import type { World } from '../world.ts'
import { span, type FaultKind } from './fault.ts'
import { worsen } from './networks.ts'

/** The network between the gateway and Kafka. */
const hasLinks = ({ kafka }: World): boolean => kafka.links !== undefined

export const badLink: FaultKind = {
  name: 'latency and loss on the way to Kafka',
  weight: 2,
  possible: hasLinks,
  run: (world, random, tell) => worsen(world, world.kafka.links ?? [], random, tell)
}

export const linksCut: FaultKind = {
  name: 'connections to Kafka cut',
  weight: 2,
  possible: hasLinks,
  run: async (world, random, tell) => {
    const share = random.next()
    tell(`${Math.round(share * 100)} %, some in mid-frame`)
    for (const link of world.kafka.links ?? []) {
      link.cutInMidFrame(() => random.chance(share / 2))
      link.cut(() => random.chance(share / 2))
    }
  }
}

export const linkSilent: FaultKind = {
  name: 'connections to Kafka silent',
  weight: 2,
  possible: hasLinks,
  run: async (world, random, tell) => {
    const link = random.pick(world.kafka.links ?? [])
    tell(`broker ${world.kafka.links?.indexOf(link)}`)
    link.deafen()
    await span(world, random, 100, 800)
    link.heal()
  }
}
