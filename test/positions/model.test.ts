/**
 * Random interleavings of claims, receptions, restarts, crashes, lost answers and compaction on several instances, against a
 * model that knows the whole log: who holds the name, and what that holder has written.
 */

import * as fc from 'fast-check'
import t from 'tap'
import { Positions } from '../../src/positions/positions.ts'
import { decode, type Written } from '../../src/positions/record.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { SimulatedKafka, SimulatedLog, type Stored } from '../table/simulated-kafka.ts'

const INSTANCES = 3
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

interface Socket { gateway: Gateway, claim: ReturnType<Positions['claim']>, from?: string | undefined, isReady: boolean, isTaken: boolean, isOpen: boolean, received: number }

class Gateway {
  readonly log: SimulatedLog
  readonly positions: Positions
  readonly id: string
  isAlive = true
  constructor (kafka: SimulatedKafka, clock: HeldClock, id: string, random: () => number) {
    this.id = id
    this.log = new SimulatedLog(kafka)
    this.positions = new Positions({ log: this.log.log, topic: 'p', clock, instance: id, max: 100, maxPerDevice: 100, retentionMs: 1e12, random })
  }
}

/** What the log says, by the book: the last claim holds the name; of its writes the one with the highest number counts. */
function truth (history: readonly Stored[]): { holder: number, claim: string, cursor: string | undefined, n: number } {
  let known = { holder: -1, claim: '', cursor: undefined as string | undefined, n: 0 }
  for (const { offset, value } of history) {
    const { at, n = 0, claim, cursor } = decode(value as Buffer) as Written
    if (at === undefined) known = { holder: offset, claim, cursor: known.cursor ?? cursor, n: 0 }
    else if (at === known.holder && n >= known.n) known = { ...known, cursor, n }
  }
  return known
}

class World {
  readonly kafka = new SimulatedKafka()
  readonly clock = new HeldClock()
  readonly gateways: Gateway[] = []
  readonly all: Gateway[] = []
  readonly sockets: Socket[] = []
  /** What the device has received, ever. */
  readonly received = new Set<string>()
  #started = 0
  #random = 0

  /** Any spread will do; a run can be repeated. */
  random = (): number => (this.#random = (this.#random + 0.37) % 1)

  async start (slot: number): Promise<void> {
    const gateway = new Gateway(this.kafka, this.clock, `g${this.#started++}`, this.random)
    this.gateways[slot] = gateway
    this.all.push(gateway)
    await gateway.positions.start()
  }

  async crash (slot: number, isLanding: boolean): Promise<void> {
    const gateway = this.gateways[slot] as Gateway
    if (isLanding) while (gateway.log.land());
    gateway.isAlive = false
    gateway.log.isFull = true
    gateway.log.sink = undefined
    gateway.log.queue.length = 0
    for (const socket of this.sockets) if (socket.gateway === gateway) socket.isOpen = false
    await this.start(slot)
  }

  connect (slot: number): void {
    const gateway = this.gateways[slot] as Gateway
    this.clock.advance(1)
    const socket = { gateway, isReady: false, isTaken: false, isOpen: true, received: 0 } as Socket
    socket.claim = gateway.positions.claim('d', 'main', () => {
      socket.isTaken = true
      socket.isOpen = false
    })
    void socket.claim.ready.then((from) => {
      socket.from = from
      socket.isReady = true
      socket.received = Number(from ?? 0)
    })
    this.sockets.push(socket)
  }

  /** The socket that was opened `back` before the last one of those that receive. */
  receive (back: number): void {
    const receiving = this.sockets.filter(({ isOpen, isReady }) => isOpen && isReady)
    const socket = receiving.at(-1 - back)
    if (socket === undefined) return
    socket.received += 1
    this.received.add(String(socket.received))
    socket.claim.received(String(socket.received))
  }

  disconnect (back: number): void {
    const socket = this.sockets.filter(({ isOpen }) => isOpen).at(-1 - back)
    if (socket === undefined) return
    socket.isOpen = false
    socket.claim.release()
  }

  /** An instance reads one record; if a claim begins there, it begins where it must. */
  async read (gateway: Gateway): Promise<boolean> {
    const before = new Set(this.sockets.filter(({ isReady }) => isReady))
    const stored = gateway.log.next()
    if (stored === undefined) return false
    await turn()
    for (const { from, isReady } of this.sockets.filter((socket) => !before.has(socket) && socket.isReady)) {
      const written = truth(this.kafka.history.slice(0, stored.offset)).cursor
      if (!isReady || (from !== undefined && !this.received.has(from))) throw new Error(`${from} was never received`)
      if (Number(from ?? 0) < Number(written ?? 0)) throw new Error(`begins at ${from}, and ${written} was written`)
    }
    return true
  }

  /** Until nothing is under way any more. */
  async settle (): Promise<void> {
    for (let busy = true; busy;) {
      busy = false
      this.clock.advance(6_000)
      for (const gateway of this.all.filter(({ isAlive }) => isAlive)) {
        while (gateway.log.land()) busy = true
        while (await this.read(gateway)) busy = true
      }
    }
  }

  /** Compaction takes long; by then what came late has been written over, unless those who could do it are gone. */
  async compact (): Promise<void> {
    await this.settle()
    const last = this.kafka.history.at(-1)
    if (last === undefined) return
    const { holder, claim, cursor } = truth(this.kafka.history)
    const kept = decode(last.value as Buffer) as Written
    if (kept.cursor === cursor && (kept.at ?? last.offset) === holder) return this.kafka.compact()
    const owners = [claim, kept.claim].map((one) => one.split(':')[0])
    if (this.all.some(({ id, isAlive }) => isAlive && owners.includes(id))) throw new Error(`${JSON.stringify(kept)} would be kept, where ${cursor} at ${holder} is true`)
  }
}

const step = fc.record({
  what: fc.constantFrom('connect', 'receive', 'receive', 'receive', 'disconnect', 'land', 'land', 'land', 'read', 'read', 'read', 'fail', 'unknown', 'time', 'time', 'crash', 'zombie', 'compact'),
  slot: fc.nat(INSTANCES - 1),
  back: fc.nat(1)
})

async function run (steps: ReadonlyArray<{ what: string, slot: number, back: number }>): Promise<void> {
  const world = new World()
  for (let slot = 0; slot < INSTANCES; slot++) await world.start(slot)
  for (const { what, slot, back } of steps) {
    const gateway = world.gateways[slot] as Gateway
    if (what === 'connect') world.connect(slot)
    else if (what === 'receive') world.receive(back)
    else if (what === 'disconnect') world.disconnect(back)
    else if (what === 'land') gateway.log.land()
    else if (what === 'read') await world.read(gateway)
    else if (what === 'fail') gateway.log.fail({ code: 'kafka-away', reason: 'away' })
    else if (what === 'unknown') gateway.log.fail({ code: 'outcome-unknown', reason: 'no answer' })
    else if (what === 'time') world.clock.advance(2_000)
    else if (what === 'compact') await world.compact()
    else await world.crash(slot, what === 'zombie')
  }
  await world.compact()

  const open = world.sockets.filter(({ isOpen }) => isOpen)
  if (open.length > 1) throw new Error(`${open.length} sockets hold the name`)
  const [holder] = open
  if (world.sockets.at(-1)?.isTaken === true) throw new Error('the newest socket was sent away for an older one')
  if (holder !== undefined && !holder.isReady) throw new Error('a claim was never read')
  const stopped = Promise.all(world.gateways.map(({ positions }) => positions.stop(60_000)))
  await world.settle()
  await stopped
  const { cursor } = truth(world.kafka.history)
  if (holder !== undefined && holder.received > 0 && cursor !== String(holder.received)) throw new Error(`${holder.received} was received, and ${cursor} was written at the stop`)
}

await t.test('a name begins at no place that was not received, and at none before what its last holder has written', async t => {
  const steps = fc.array(step, { minLength: 10, maxLength: 60 })
  const runs = Number(process.env.TEST_POSITIONS_RUNS ?? 1_000)
  const result = await fc.check(fc.asyncProperty(steps, run), { numRuns: runs })
  t.notOk(result.failed, result.failed ? `${String(result.errorInstance)} ${fc.defaultReportMessage(result)}` : `${result.numRuns} runs`)
})
