import type { Proxy } from '../../net/proxy.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { always, span, type FaultKind } from './fault.ts'

export const socketsCut: FaultKind = {
  name: 'sockets cut',
  weight: 2,
  possible: always,
  run: async (world, random, tell) => toShare(world, random, tell, (proxy, which) => proxy.cut(which))
}

export const cutInMidFrame: FaultKind = {
  name: 'sockets cut in mid-frame',
  weight: 3,
  possible: always,
  run: async (world, random, tell) => toShare(world, random, tell, (proxy, which) => proxy.cutInMidFrame(which))
}

export const halfOpen: FaultKind = {
  name: 'half-open sockets',
  weight: 2,
  possible: always,
  run: async (world, random, tell) => {
    toShare(world, random, tell, (proxy, which) => proxy.deafen(which))
    await span(world, random, 200, 1_200)
  }
}

export const badNetwork: FaultKind = {
  name: 'latency and loss before the gateway',
  weight: 1,
  possible: always,
  run: (world, random, tell) => worsen(world, world.sites.map(({ proxy }) => proxy), random, tell)
}

export const storm: FaultKind = {
  name: 'storm of reconnects to the other instance',
  weight: 2,
  possible: always,
  run: async (world, random, tell) => {
    const times = random.int(1, 4)
    tell(`${times} times`)
    for (let n = 0; n < times; n++) {
      for (const device of world.devices) device.reconnect()
      await span(world, random, 20, 250)
    }
  }
}

/** Does it to a share of the sockets, drawn one by one. */
function toShare ({ sites }: World, random: Random, tell: (detail: string) => void, harm: (proxy: Proxy, which: () => boolean) => void): void {
  const share = random.next()
  tell(`${Math.round(share * 100)} %`)
  for (const { proxy } of sites) harm(proxy, () => random.chance(share))
}

export async function worsen (world: World, proxies: readonly Proxy[], random: Random, tell: (detail: string) => void): Promise<void> {
  const [delayMs, loss] = [random.int(0, 60), random.next() * 0.3]
  tell(`${delayMs} ms, ${Math.round(loss * 100)} %`)
  for (const proxy of proxies) {
    proxy.delayMs = delayMs
    proxy.loss = loss
  }
  await span(world, random, 200, 1_200)
  for (const proxy of proxies) proxy.delayMs = proxy.loss = 0
}
