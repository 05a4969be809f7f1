import type { Instance } from '../gateways/gateway.ts'
import { open } from '../world.ts'
import { always, span, type FaultKind } from './fault.ts'

export const gatewayKilled: FaultKind = {
  name: 'gateway killed with -9',
  weight: 6,
  possible: ({ sites }) => sites.every(({ instance }) => instance.kill !== undefined),
  run: toOne(async (instance) => await instance.kill?.())
}

export const gatewayDrained: FaultKind = {
  name: 'gateway stopped and started',
  weight: 2,
  possible: always,
  run: toOne((instance) => instance.drain())
}

/** Ends an instance, and starts it again. */
function toOne (end: (instance: Instance) => Promise<void>): FaultKind['run'] {
  return async (world, random, tell) => {
    const at = random.int(0, world.sites.length - 1)
    const site = world.sites[at]
    if (site === undefined) return
    tell(`instance ${at}`)
    await end(site.instance)
    await span(world, random, 0, 300)
    await open(site)
  }
}
