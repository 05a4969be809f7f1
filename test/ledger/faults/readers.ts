import { always, span, type FaultKind } from './fault.ts'

/** More than the kernel's buffers and the gateway's outbox take together. */
const BURST_BYTES = 8 * 1024 * 1024
const FEW_BYTES = 100_000
const FLOODED = 0.25

export const slowReader: FaultKind = {
  name: 'slow reader',
  weight: 2,
  possible: always,
  run: async (world, random, tell) => {
    const device = random.pick(world.devices)
    const bytes = random.chance(FLOODED) ? BURST_BYTES : FEW_BYTES
    tell(`${device.id}, ${bytes} bytes`)
    device.pause()
    await world.writer.burst(device.id, bytes)
    await span(world, random, 100, 800)
    device.resume()
  }
}
