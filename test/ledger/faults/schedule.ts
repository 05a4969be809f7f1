import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { apiCuts, apiDelays, apiErrors } from './apis.ts'
import { brokerBounced, brokerFrozen, brokerKilled } from './brokers.ts'
import type { FaultKind } from './fault.ts'
import { gatewayDrained, gatewayKilled } from './gateways.ts'
import { leaderMoved } from './leaders.ts'
import { badLink, linksCut, linkSilent } from './links.ts'
import { badNetwork, cutInMidFrame, halfOpen, socketsCut, storm } from './networks.ts'
import { partitionsAdded } from './partitions.ts'
import { slowReader } from './readers.ts'
import { openTransaction } from './transactions.ts'

const KINDS: readonly FaultKind[] = [
  brokerKilled, brokerFrozen, brokerBounced, leaderMoved, apiErrors, apiDelays, apiCuts, gatewayKilled, gatewayDrained,
  socketsCut, cutInMidFrame, halfOpen, badNetwork, storm, slowReader, openTransaction, partitionsAdded, badLink, linksCut, linkSilent
]

export interface Scheduled { readonly atMs: number, readonly kind: FaultKind, readonly random: Random }

/** When what goes wrong: the same for the same seed. */
export function drawSchedule (random: Random, world: World, loadMs: number, count: number): Scheduled[] {
  const possible = KINDS.filter((kind) => kind.possible(world)).flatMap((kind) => Array<FaultKind>(kind.weight).fill(kind))
  return Array.from({ length: count }, () => ({ atMs: random.int(0, loadMs), kind: random.pick(possible), random: random.fork() }))
    .sort((a, b) => a.atMs - b.atMs)
}

/** Faults of one kind do not overlap, those of different kinds may. Resolves when all is mended. */
export async function carryOut (schedule: readonly Scheduled[], world: World): Promise<void> {
  const busy = new Map<string, Promise<void>>()
  const begun = performance.now()
  const all = schedule.map(async ({ atMs, kind, random }) => {
    await delay(atMs - (performance.now() - begun))
    const lane = laneOf(kind)
    const mine = (busy.get(lane) ?? Promise.resolve()).then(() => one(kind, random, world))
    busy.set(lane, mine)
    await mine
  })
  await Promise.all(all)
}

/** What is dead cannot be frozen: faults of the brokers come one after the other, and so do those of the gateways. */
function laneOf ({ name }: FaultKind): string {
  return /^(broker|gateway|leader)/.exec(name)?.[0].replace('leader', 'broker') ?? name
}

async function one (kind: FaultKind, random: Random, world: World): Promise<void> {
  let begun = false
  const tell = (detail: string): void => {
    begun = true
    world.history.record({ type: 'fault', fault: kind.name, detail })
  }
  await kind.run(world, random, tell)
  if (begun) world.history.record({ type: 'fault-ended', fault: kind.name })
}
