import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { FailureCode } from '../../src/log/log.ts'
import { refusals, type RefusalCode } from '../../src/protocol/refusals.ts'
import { given, LIMITS } from './given.ts'

const forNow = fc.constantFrom<FailureCode>('kafka-away', 'topic-missing', 'outcome-unknown')
const forGood = fc.constantFrom<FailureCode>('record-too-large', 'kafka-refused', 'not-authorized')
const few = fc.nat({ max: 4 })
const limits = { ...LIMITS, inFlight: 1_000, outboxBytes: 1_000_000 }

interface Frame { type: string, id: number, code: RefusalCode }

/** A publish that came, and what is to become of it. */
interface Fate { id: number, is: 'in flight' | 'stored' | RefusalCode }

/** What docs/protocol.md says of ids, and nothing of frames, turns and sockets. */
class Model {
  open: Fate[] = []
  inFlight: Fate[] = []
  full = false
  last = 0
  blocked = 0

  publish (id: number): void {
    if (id === this.blocked) this.blocked = 0
    else if (this.blocked !== 0 && id > this.blocked) return this.#refused({ id, is: 'earlier-refused' })
    else if (id <= this.last) return this.#refused({ id, is: 'id-not-rising' })
    this.last = id
    if (this.full) {
      this.blocked = id
      return this.#refused({ id, is: 'holding-full' })
    }
    const fate: Fate = { id, is: 'in flight' }
    this.open.push(fate)
    this.inFlight.push(fate)
  }

  malformed (id: number): void {
    if (id === this.blocked) this.blocked = 0
    this.#refused({ id, is: 'bad-field' })
  }

  store (count: number): void { for (const fate of this.inFlight.splice(0, count)) fate.is = 'stored' }
  refuse (count: number, code: FailureCode): void { for (const fate of this.inFlight.splice(0, count)) fate.is = code }

  /** Kafka was away for too long: everything goes, in order. */
  abandon (code: FailureCode): void {
    for (const fate of this.inFlight.splice(0)) {
      const behind = this.blocked !== 0 && fate.id > this.blocked
      if (!behind) this.blocked = fate.id
      fate.is = behind && refusals[code].outcome === 'not-stored' ? 'earlier-refused' : code
    }
  }

  /** What a client makes of a frame. */
  hears ({ type, id, code }: Frame): void {
    if (type === 'refused') {
      const at = this.open.findIndex((fate) => fate.id === id && fate.is === code)
      assert.notEqual(at, -1, `refused ${id} ${code}, and open are ${JSON.stringify(this.open)}`)
      this.open.splice(at, 1)
      return
    }
    const covered = this.open.filter((fate) => fate.id <= id)
    assert.ok(covered.some((fate) => fate.id === id) && covered.every(({ is }) => is === 'stored'), `ack ${id} covers ${JSON.stringify(covered)}`)
    this.open = this.open.filter((fate) => fate.id > id)
  }

  #refused (fate: Fate): void { this.open.push(fate) }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const), id: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('next' as const) }) },
  fc.record({ do: fc.constant('malformed' as const), id: fc.integer({ min: 1, max: 12 }) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('store' as const), count: few }) },
  fc.record({ do: fc.constant('refuse' as const), count: few, code: forGood }),
  fc.record({ do: fc.constant('abandon' as const), code: forNow }),
  fc.record({ do: fc.constant('full' as const), is: fc.boolean() }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) }
)

await t.test('each publish ends in exactly one ack or refusal, whatever is sent and whatever Kafka does (G1, G3)', async (t) => {
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { clock, uplink, connect } = given({ limits })
    const { session, peer, publish } = connect()
    const model = new Model()
    const store = (count: number): void => {
      const some = Math.min(count, uplink.waiting.length)
      if (some > 0) uplink.store(some)
      model.store(some)
    }
    const turn = (): void => {
      clock.turn()
      for (const frame of peer.heard()) model.hears(frame as Frame)
    }
    const send = (id: number): void => {
      publish(id)
      model.publish(id)
    }
    for (const one of steps) {
      switch (one.do) {
        case 'publish': send(one.id); break
        case 'next': send(model.blocked === 0 ? model.last + 1 : model.blocked); break
        case 'malformed':
          session.receive(Buffer.from(`{"type":"publish","id":${one.id}}`), false)
          model.malformed(one.id)
          break
        case 'store': store(one.count); break
        case 'refuse':
          uplink.fail(one.count, one.code)
          model.refuse(one.count, one.code)
          break
        case 'abandon':
          uplink.fail(uplink.waiting.length, one.code)
          model.abandon(one.code)
          break
        case 'full': model.full = uplink.full = one.is; break
        case 'turn': turn()
      }
    }
    store(uplink.waiting.length)
    turn()
    assert.deepEqual(model.open, [], 'nothing is left without an answer')
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3_000 }))
})

const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('send' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('arrive' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('store' as const), count: few }) },
  fc.record({ do: fc.constant('refuse' as const), code: forGood }),
  fc.record({ do: fc.constant('abandon' as const), code: forNow, storedAllTheSame: few }),
  fc.record({ do: fc.constant('full' as const), is: fc.boolean() }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) }
)
const SENT = 12

await t.test('a client that sends again from the first refused id on loses nothing, and its order stands once repeats are dropped (G2)', async (t) => {
  const property = fc.property(fc.array(event, { maxLength: 120 }), (events) => {
    const { clock, uplink, connect } = given({ limits })
    const { peer, publish } = connect()
    const topic: number[] = []
    const wire: number[] = []
    const acked = new Set<number>()
    const lost = new Set<number>()
    let next = 1
    const send = (): void => {
      while (lost.has(next)) next++
      if (next <= SENT) wire.push(next++)
    }
    const arrive = (): void => {
      const id = wire.shift()
      if (id !== undefined) publish(id)
    }
    const store = (count: number): void => {
      const some = uplink.waiting.slice(0, count)
      topic.push(...some.map(({ id }) => id))
      if (some.length > 0) uplink.store(some.length)
    }
    const turn = (): void => {
      clock.turn()
      for (const { type, id, code } of peer.heard() as Frame[]) {
        if (type === 'ack') for (let n = 1; n <= id; n++) { if (!lost.has(n)) acked.add(n) }
        else if (!refusals[code].temporary) lost.add(id)
        else if (code !== 'earlier-refused') next = Math.min(next, id)
      }
    }
    for (const one of events) {
      switch (one.do) {
        case 'send': send(); break
        case 'arrive': arrive(); break
        case 'store': store(one.count); break
        case 'refuse': uplink.fail(1, one.code); break
        case 'abandon':
          if (refusals[one.code].outcome === 'unknown') topic.push(...uplink.waiting.slice(0, one.storedAllTheSame).map(({ id }) => id))
          uplink.fail(uplink.waiting.length, one.code)
          break
        case 'full': uplink.full = one.is; break
        case 'turn': turn()
      }
    }
    uplink.full = false
    for (let round = 0; round < 2 * SENT && (acked.size + lost.size < SENT); round++) {
      for (let n = 0; n < SENT; n++) send()
      while (wire.length > 0) arrive()
      store(uplink.waiting.length)
      turn()
    }
    assert.equal(acked.size + lost.size, SENT, 'all have an answer')
    let highest = 0
    const kept = topic.filter((id) => id > highest && (highest = id) > 0)
    for (const id of acked) assert.ok(kept.includes(id), `${id} was acked, and of ${topic.join()} a reader keeps ${kept.join()}`)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3_000 }))
})
