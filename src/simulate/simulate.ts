import type { Clock } from '../clock.ts'
import { SimulatedDevice } from './device.ts'

/** Starts `count` devices against the gateway at `address` (host:port); the result stops them. */
export function simulate (address: string, count: number, clock: Clock): () => void {
  const devices = Array.from({ length: count }, (_, n) => new SimulatedDevice(`ws://${address}/ws/simulated-${n + 1}`, clock))
  for (const device of devices) device.start()
  return () => { for (const device of devices) device.stop() }
}
