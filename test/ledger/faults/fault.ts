import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'

/** One way in which the world goes wrong. */
export interface FaultKind {
  readonly name: string
  /** How often it is drawn, against the others. */
  readonly weight: number
  readonly possible: (world: World) => boolean
  /** Breaks something, waits, mends it. Resolves when it is mended; calls `tell` with what exactly was done. */
  readonly run: (world: World, random: Random, tell: (detail: string) => void) => Promise<void>
}

export const always = (): boolean => true

/** Waits for some time between the two, on a real Kafka longer; resolves to how long that was. */
export async function span (world: World, random: Random, fromMs: number, toMs: number): Promise<number> {
  const ms = random.int(fromMs, toMs) * world.slowness
  await delay(ms)
  return ms
}
