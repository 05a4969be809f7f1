/**
 * Random interleavings of revocations, lifts, ends, crashes, lost answers and compaction on several instances, against a model
 * that knows the whole log: what is in force is what the last word of an operator says.
 */

import * as fc from 'fast-check'
import t from 'tap'
import { HeldClock } from '../flow/held-clock.ts'
import { SimulatedKafka } from '../table/simulated-kafka.ts'
import { Instance, SWEEP_MS } from './given.ts'

const INSTANCES = 3
const DEVICES = ['a', 'b']
const NO_HEADERS = 1

class World {
  readonly kafka = new SimulatedKafka()
  readonly clock = new HeldClock()
  readonly instances: Instance[] = []

  constructor () { this.kafka.now = () => this.clock.now() }

  async start (slot: number): Promise<void> {
    const old = this.instances[slot]
    old?.revocations.stop()
    if (old !== undefined) old.log.queue.length = 0
    const one = this.instances[slot] = new Instance(this.kafka, this.clock, { max: 100 })
    await one.revocations.start()
  }

  ask (slot: number, device: string, untilMs: number): void {
    const { revocations } = this.instances[slot] as Instance
    if (untilMs === 0) revocations.lift('device', device, () => {})
    else revocations.revoke('device', device, { by: 'o', at: 1, ...untilMs === Infinity ? {} : { untilMs } }, () => {})
  }

  /** What the log says, record by record: who reads all of it comes to this. */
  log (device: string): boolean {
    let untilMs = 0
    for (const { key, value, headers } of this.kafka.history) {
      if (key !== `device/${device}`) continue
      if (value !== null) untilMs = (JSON.parse(value.toString()) as { untilMs?: number }).untilMs ?? Infinity
      else if (headers.end === NO_HEADERS) untilMs = 0
    }
    return untilMs > this.clock.now()
  }

  /** Until nothing is under way any more. */
  settle (): void {
    for (let busy = true; busy;) {
      busy = false
      this.clock.advance(250)
      for (const { log } of this.instances) while (log.land() || log.next() !== undefined) busy = true
    }
  }

  check (when: string): void {
    for (const device of DEVICES) {
      const is = this.log(device)
      for (const [slot, one] of this.instances.entries()) if (one.has(device) !== is) throw new Error(`${when}: ${device} is ${is ? '' : 'not '}revoked, and on instance ${slot} it is otherwise`)
    }
  }
}

const step = fc.record({
  what: fc.constantFrom('revoke', 'revoke', 'soon', 'soon', 'lift', 'land', 'land', 'land', 'read', 'read', 'read', 'fail', 'unknown', 'time', 'hour', 'hour', 'crash', 'compact'),
  slot: fc.nat(INSTANCES - 1),
  device: fc.constantFrom(...DEVICES)
})

async function run (steps: ReadonlyArray<{ what: string, slot: number, device: string }>): Promise<void> {
  const world = new World()
  for (let slot = 0; slot < INSTANCES; slot++) await world.start(slot)
  for (const { what, slot, device } of steps) {
    const { log } = world.instances[slot] as Instance
    if (what === 'revoke') world.ask(slot, device, Infinity)
    else if (what === 'soon') world.ask(slot, device, world.clock.now() + 3_000)
    else if (what === 'lift') world.ask(slot, device, 0)
    else if (what === 'land') log.land()
    else if (what === 'read') log.next()
    else if (what === 'fail') log.fail({ code: 'kafka-away', reason: 'away' })
    else if (what === 'unknown') log.fail({ code: 'outcome-unknown', reason: 'no answer' })
    else if (what === 'time') world.clock.advance(2_000)
    else if (what === 'hour') world.clock.advance(SWEEP_MS / 2)
    else if (what === 'crash') await world.start(slot)
    else {
      world.settle()
      world.check('before compaction')
      world.kafka.compact()
    }
  }
  world.settle()
  world.check('at the end')
  world.kafka.compact()
  for (let slot = 0; slot < INSTANCES; slot++) await world.start(slot)
  world.settle()
  world.check('after compaction and a restart of all')
}

await t.test('what an operator revoked last is in force everywhere, and after compaction and restarts', async (t) => {
  const steps = fc.array(step, { minLength: 10, maxLength: 60 })
  const runs = Number(process.env.TEST_REVOCATIONS_RUNS ?? 1_000)
  const result = await fc.check(fc.asyncProperty(steps, run), { numRuns: runs })
  t.notOk(result.failed, result.failed ? `${String(result.errorInstance)} ${fc.defaultReportMessage(result)}` : `${result.numRuns} runs`)
})
