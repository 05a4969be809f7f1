import { always, type FaultKind } from './fault.ts'

/** While it is open nothing behind it can be read. */
export const openTransaction: FaultKind = {
  name: 'open transaction',
  weight: 2,
  possible: always,
  run: async (world, random, tell) => {
    const [holdMs, commits] = [random.int(0, 1_000) * world.slowness, random.chance(0.5)]
    tell(`${holdMs} ms, ${commits ? 'committed' : 'aborted'}`)
    await world.writer.transact(holdMs, commits)
  }
}
