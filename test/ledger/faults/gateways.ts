import { open } from '../world.ts'
import { always, span, type FaultKind } from './fault.ts'

export const gatewayKilled: FaultKind = {
  name: 'gateway killed with -9',
  weight: 6,
  possible: ({ sites }) => sites.every(({ instance }) => instance.kill !== undefined),
  run: async (world, random, tell) => {
    const at = random.int(0, world.sites.length - 1)
    const site = world.sites[at]
    if (site === undefined) return
    tell(`instance ${at}`)
    await site.instance.kill?.()
    await span(world, random, 0, 300)
    await open(site)
  }
}

export const gatewayDrained: FaultKind = {
  name: 'gateway stopped and started',
  weight: 2,
  possible: always,
  run: async (world, random, tell) => {
    const at = random.int(0, world.sites.length - 1)
    const site = world.sites[at]
    if (site === undefined) return
    tell(`instance ${at}`)
    await site.instance.drain()
    await span(world, random, 0, 300)
    await open(site)
  }
}
