import fc from 'fast-check'
import t from 'tap'
import { given, type RecordingWaiter } from './given.ts'

const DEVICES = ['a', 'b', 'c', 'elsewhere']
const RUNS = Number(process.env.SEAM_RUNS ?? 10_000)

const which = fc.nat(20)
const steps = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), keys: fc.array(fc.constantFrom(...DEVICES), { minLength: 1, maxLength: 5 }), epoch: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tail' as const), most: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), device: fc.constantFrom(...DEVICES.slice(0, 3)), at: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'fill' as const, 'fillSoon' as const, 'drain' as const), which }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('turn' as const, 'answer' as const, 'turn' as const, 'answer' as const, 'fail' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 300) }) }
), { minLength: 10, maxLength: 60 })

await t.test('whatever comes between: from its cursor on each device gets every record once and in order, and then goes live (G4)', async t => {
  let [walked, fetched, parked] = [0, 0, 0]
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...DEVICES), { minLength: 1, maxLength: 30 }), fc.constantFrom(0, 2_000, 1 << 20), fc.constantFrom(0, 5, 1_000), steps, async (before, historyBytes, nearRecords, steps) => {
    const first = given()
    for (const key of before) first.held.append([key])
    const { clock, held, reader, waiters, join, tail, settle } = given({ held: first.held, historyBytes, nearRecords })
    const gone = new Set<RecordingWaiter>()
    const began = new Map<RecordingWaiter, number>()
    let epoch = 0
    for (const step of steps) {
      const chosen = 'which' in step ? waiters[step.which % Math.max(1, waiters.length)] : undefined
      switch (step.do) {
        case 'append': held.append(step.keys, step.epoch ? ++epoch : epoch); break
        case 'tail': tail(step.most); break
        case 'join': { // its cursor may come from an instance that is ahead of this one
          const at = step.at % (held.end + 1)
          began.set(join(step.device, at, held.witness(at)), at)
          break
        }
        case 'leave': if (chosen !== undefined) { reader.leave(chosen); chosen.isLive = false; gone.add(chosen) } break
        case 'fill': if (chosen?.isLive === false) { chosen.isFull = true; parked++ } break
        case 'fillSoon': if (chosen?.isLive === false) chosen.fullAt = chosen.got.length + 1; break // in the middle of a batch, maybe
        case 'drain': if (chosen !== undefined && !gone.has(chosen)) chosen.drain(); break
        case 'turn': clock.turn(); break
        case 'answer': held.asked.shift()?.answer(); break
        case 'fail': held.asked.shift()?.fail(); break
        case 'wait': clock.advance(step.ms); break
      }
      await Promise.resolve()
      await Promise.resolve()
    }
    for (let round = 0; round < 20 && (round === 0 || waiters.some((one) => !one.isLive && !gone.has(one))); round++) {
      tail()
      for (const waiter of waiters) if (!gone.has(waiter)) waiter.drain()
      await settle()
    }
    for (const waiter of waiters) {
      const due = held.offsetsOf(waiter.device).filter((offset) => offset >= (began.get(waiter) as number))
      if (waiter.lostFor.length > 0) throw new Error(`a gap was told: ${waiter.lostFor}`)
      if (gone.has(waiter)) { // what it got is the beginning of what was due
        if (waiter.got.join() !== due.slice(0, waiter.got.length).join()) throw new Error(`${waiter.device} left with ${waiter.got} of ${due}`)
      } else {
        if (waiter.got.join() !== due.join()) throw new Error(`${waiter.device} from ${began.get(waiter)}: got ${waiter.got}, due ${due}`)
        if (!waiter.isLive) throw new Error(`${waiter.device} never went live`)
      }
      walked += waiter.got.length
    }
    fetched += held.fetches
  }), { numRuns: RUNS })
  t.ok(walked > 0 && fetched > 0 && parked > 0, `${RUNS} interleavings: ${walked} records came to their devices, ${fetched} fetches, ${parked} full sockets`)
})
