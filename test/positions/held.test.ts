/** What depends on time, and on what Kafka refuses: on a log in which nothing happens by itself. */

import t from 'tap'
import { Positions, type PositionsOptions } from '../../src/positions/positions.ts'
import { decode, type Written } from '../../src/positions/record.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { SimulatedKafka, SimulatedLog } from '../table/simulated-kafka.ts'

const DAY = 86_400_000
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

async function started (options: Partial<PositionsOptions> & { kafka?: SimulatedKafka, clock?: HeldClock } = {}) {
  const { kafka = new SimulatedKafka(), clock = new HeldClock(), ...rest } = options
  kafka.now = clock.now
  const log = new SimulatedLog(kafka)
  const said: string[] = []
  const positions = new Positions({
    log: log.log, topic: 'p', clock, instance: 'i', max: 10, maxPerDevice: 10, retentionMs: 30 * DAY, random: () => 0, warn: (_facts, sentence) => said.push(sentence), ...rest
  })
  await positions.start()
  /** Everything lands and is read. */
  const settle = async (): Promise<void> => {
    while (log.land());
    while (log.next() !== undefined);
    await turn()
  }
  const hold = async (device = 'd') => {
    const claim = positions.claim(device, 'main', () => {})
    await settle()
    return { ...claim, from: await claim.ready, received: claim.received.bind(claim), passed: claim.passed.bind(claim), release: claim.release.bind(claim) }
  }
  const last = (): Written | null => {
    const { value } = kafka.history.at(-1)!
    return value === null ? null : decode(value)!
  }
  return { kafka, clock, log, said, positions, settle, hold, last }
}

await t.test('a position is written at most once a second, and the newest', async t => {
  const { hold, clock, settle, kafka, last, log } = await started()
  const held = await hold()
  for (let n = 1; n <= 50; n++) {
    held.received(`c${n}`)
    clock.advance(100)
    await settle()
  }
  const writes = kafka.end - 1
  t.ok(writes >= 4 && writes <= 5, `${writes} writes in 5 s`)
  clock.advance(1000)
  await settle()
  t.equal(last()?.cursor, 'c50')
  held.received('c50')
  clock.advance(10_000)
  t.strictSame([log.queue.length, kafka.end], [0, writes + 2 - (writes === 5 ? 1 : 0)], 'what stands there is not written again')
})

await t.test('writes are spread over four seconds', async t => {
  let n = 0
  const { hold, clock, log } = await started({ random: () => (n++ % 10) / 10, max: 1000 })
  for (let device = 0; device < 100; device++) (await hold(`d${device}`)).received('c1')
  let most = 0
  let total = 0
  for (let step = 0; step < 20; step++) {
    clock.advance(250)
    most = Math.max(most, log.queue.length)
    total += log.queue.length
    log.queue.length = 0
  }
  t.equal(total, 100)
  t.ok(most <= 20, `${most} at once`)
})

await t.test('what only passed is written within minutes, or with what is received', async t => {
  const { hold, clock, settle, last, kafka, log } = await started()
  const held = await hold()
  held.passed('c1')
  clock.advance(200_000)
  held.passed('c2')
  t.equal(log.queue.length, 0)
  clock.advance(40_000)
  await settle()
  t.equal(last()?.cursor, 'c2')
  held.passed('c3')
  held.received('c4')
  held.passed('c5')
  clock.advance(1_000)
  await settle()
  t.strictSame([last()?.cursor, kafka.end], ['c5', 3])
})

await t.test('a write that fails is tried again with the newest value, and the operator is told once', async t => {
  const { hold, clock, settle, last, said, log } = await started()
  const held = await hold()
  held.received('c1')
  clock.advance(1_000)
  log.fail({ code: 'not-authorized', reason: 'TOPIC_AUTHORIZATION_FAILED' })
  held.received('c2')
  clock.advance(1_000)
  log.fail({ code: 'not-authorized', reason: 'TOPIC_AUTHORIZATION_FAILED' })
  log.isFull = true
  clock.advance(1_000)
  log.isFull = false
  clock.advance(1_000)
  held.received('c3')
  await settle()
  clock.advance(1_000)
  await settle()
  t.equal(last()?.cursor, 'c3')
  t.strictSame(said, [
    'Positions cannot be written to p: TOPIC_AUTHORIZATION_FAILED (not-authorized). It is tried again.',
    'Positions cannot be written to p: as much is held for Kafka as may be (kafka-away). It is tried again.'
  ])
})

await t.test('a release while a write is under way; and one whose write fails', async t => {
  const { hold, clock, settle, last, log, positions, kafka } = await started()
  const held = await hold()
  held.received('c1')
  clock.advance(1_000)
  held.release()
  held.release()
  log.fail({ code: 'kafka-away', reason: 'away' })
  clock.advance(1_000)
  await settle()
  t.equal(last()?.cursor, 'c1')
  const second = await hold()
  t.equal(second.from, 'c1')
  second.received('c2')
  clock.advance(1_000)
  second.received('c3')
  second.release()
  await settle()
  t.equal(last()?.cursor, 'c2', 'one at a time')
  clock.advance(1_000)
  await settle()
  t.equal(last()?.cursor, 'c3')
  const before = kafka.end
  await positions.stop(1_000)
  t.equal(kafka.end, before)
})

await t.test('a stop writes what is not written, for so long', async t => {
  const { hold, clock, log, positions, last, settle } = await started()
  const held = await hold()
  held.received('c1')
  positions.claim('d', 'waiting', () => {})
  const stopped = positions.stop(500)
  t.equal(log.queue.length, 2, 'at once')
  while (log.land());
  clock.advance(25)
  await stopped
  t.equal(last()?.cursor, 'c1')
  t.equal(log.sink, undefined)

  const other = await started()
  const late = await other.hold()
  late.received('c1')
  const given = other.positions.stop(500)
  for (let ms = 0; ms < 500; ms += 25) {
    other.clock.advance(25)
    await turn()
  }
  await given
  other.clock.advance(10_000)
  await settle()
  t.equal(other.log.queue.length, 1, 'and no more')
})

await t.test('positions that nobody writes are forgotten in time; one that is held is not', async t => {
  const { hold, clock, settle, positions, kafka } = await started({ retentionMs: DAY })
  const [kept, gone] = [await hold('kept'), await hold('gone')]
  gone.received('c1')
  kept.received('c2')
  clock.advance(1_000)
  await settle()
  gone.release()
  let oldestMs = 0
  for (let half = 0; half < 120; half++) {
    clock.advance(1_800_000)
    oldestMs = Math.max(oldestMs, clock.now() - kafka.history.findLast(({ key }) => key === 'kept/main')!.timeMs)
    await settle()
  }
  t.ok(oldestMs > DAY / 2 && oldestMs < DAY, `another instance would find it ${oldestMs / 3_600_000} h old`)
  t.strictSame(kafka.history.filter(({ value }) => value === null).map(({ key }) => key), ['gone/main'])
  t.equal(positions.size, 1)
  t.equal((await hold('kept')).from, 'c2')
  t.ok(kafka.end < 12, `${kafka.end} records`)
})

await t.test('a topic that is made anew: who holds a name claims it again', async t => {
  const { hold, log, kafka, clock, settle, last, said, positions } = await started()
  const held = await hold()
  await hold('other').then(({ release }) => release())
  held.received('c1')
  clock.advance(1_000)
  await settle()
  const formerly = kafka.history.at(-1)!
  kafka.history.length = kafka.records.length = 0
  log.sink?.gap(0, 4, 0, 'truncated')
  await turn()
  t.equal(positions.size, 0)
  await settle()
  t.strictSame([kafka.end, last()?.cursor], [1, 'c1'])
  held.received('c2')
  clock.advance(1_000)
  await settle()
  t.match(last(), { cursor: 'c2', at: 0 })
  kafka.store(formerly.key, formerly.value)
  await settle()
  await settle()
  t.match(last(), { cursor: 'c2', at: 0 }, 'a write from before is written over')
  const broken = Buffer.from(kafka.chunk(0).buffer)
  broken[17]! ^= 1
  log.sink?.chunk(0, { ...kafka.chunk(0), buffer: broken })
  t.strictSame(said, [
    'Records of p/0 from offset 4 to 0 are gone: truncated.',
    'Records of p/0 from offset 0 to 0 cannot be decoded and were passed over: its checksum does not match.'
  ])
})

await t.test('a claim that was lost in a gap is made again', async t => {
  const { positions, log, settle, kafka } = await started()
  const claim = positions.claim('d', 'main', () => {})
  log.land()
  kafka.compact()
  log.offset = 1
  log.sink?.gap(0, 0, 1, 'retention')
  await settle()
  t.equal(await claim.ready, undefined)
})

await t.test('a claim that cannot be decoded is made again', async t => {
  const { positions, log, settle, kafka } = await started()
  const claim = positions.claim('d', 'main', () => {})
  log.land()
  const broken = Buffer.from(kafka.chunk(0).buffer)
  broken[17]! ^= 1
  log.offset = 1
  log.sink?.chunk(0, { ...kafka.chunk(0), buffer: broken })
  await settle()
  t.strictSame([await claim.ready, kafka.end], [undefined, 2])
})

await t.test('a claim that came through though it was given up is made twice, and held once', async t => {
  const { positions, log, clock, settle, kafka, last } = await started()
  const claim = positions.claim('d', 'main', () => { t.fail('nobody else was there') })
  log.fail({ code: 'outcome-unknown', reason: 'no answer' })
  clock.advance(500)
  await settle()
  await claim.ready
  t.equal(kafka.end, 2)
  claim.received('c1')
  clock.advance(1_000)
  await settle()
  t.match(last(), { cursor: 'c1', at: 1 })
})

await t.test('a claim that is read twice, and whose socket has ended between, is taken from nobody', async t => {
  const { positions, kafka, log, clock, settle } = await started()
  const claim = positions.claim('d', 'main', () => { t.fail('nobody is there') })
  log.fail({ code: 'outcome-unknown', reason: 'no answer' })
  clock.advance(500)
  t.ok(log.land())
  log.next()
  await claim.ready
  claim.received('c1')
  claim.release()
  t.equal(log.queue.length, 1, 'what is not written is')
  while (log.next() !== undefined);
  kafka.store('d/main', Buffer.from('{"claim":"other:1","partitions":1}'))
  await settle()
  await settle()
  await positions.stop(0)
  t.equal(log.sink, undefined)
})

await t.test('a start asks again until Kafka answers, and a stop ends it', async t => {
  const clock = new HeldClock()
  const log = new SimulatedLog(new SimulatedKafka())
  log.faults.push(new Error('away'), new Error('away'))
  const make = (): Positions => new Positions({ log: log.log, topic: 'p', clock, instance: 'i', max: 10, maxPerDevice: 10, retentionMs: DAY })
  const positions = make()
  const starting = positions.start()
  while (log.faults.length > 0) {
    await turn()
    clock.advance(250)
  }
  await starting
  t.not(log.sink, undefined)
  await positions.stop(0)

  log.faults.push(new Error('away'), new Error('still away'), new Error('away'))
  const [other, third] = [make(), make()]
  const waiting = other.start()
  await turn()
  await Promise.all([other.stop(0), t.rejects(waiting, { message: 'still away' })])
  const late = third.start()
  await turn()
  await Promise.all([third.stop(0), late])
  t.equal(log.sink, undefined, 'and follows nothing any more')
})

await t.test('what is mended is tried again', async t => {
  const { hold, kafka, log, clock, settle, last, positions } = await started()
  const held = await hold()
  held.received('c1')
  clock.advance(1_000)
  await settle()
  held.release()
  const { claim, partitions, at } = last()!
  const late = Buffer.from(JSON.stringify({ cursor: 'c0', claim, partitions, at, n: 0 }))
  kafka.store('d/main', late)
  while (log.next() !== undefined);
  log.fail({ code: 'kafka-away', reason: 'away' })
  clock.advance(250)
  await settle()
  t.match(last(), { cursor: 'c1', claim, at, n: 1 })

  kafka.store('d/main', late)
  while (log.next() !== undefined);
  log.fail({ code: 'kafka-away', reason: 'away' })
  await positions.stop(0)
  clock.advance(250)
  t.equal(log.queue.length, 0, 'but not when it has been stopped')
})

await t.test('a topic that is made anew while Kafka does not tell its starts', async t => {
  const { hold, log, kafka, clock, settle, last, positions } = await started()
  const held = await hold()
  held.received('c1')
  clock.advance(1_000)
  await settle()
  log.startFaults.push(new Error('away'))
  kafka.history.length = kafka.records.length = 0
  log.sink?.gap(0, 2, 0, 'truncated')
  await turn()
  clock.advance(250)
  await turn()
  await settle()
  t.equal(last()?.cursor, 'c1')

  log.startFaults.push(new Error('away'), new Error('away'))
  log.sink?.gap(0, 1, 0, 'truncated')
  await turn()
  await positions.stop(0)
  await turn()
  t.equal(log.sink, undefined, 'a stop ends the waiting')
})

await t.test('an instance that does not know of added partitions begins where the others are, and moves nothing', async t => {
  const { positions, kafka, settle, clock, last, hold } = await started()
  kafka.store('d/main', Buffer.from('{"cursor":"c7","claim":"other:1","partitions":2,"at":0,"n":1}'))
  kafka.store('d/main', Buffer.from('{"cursor":"c8","claim":"other:1","partitions":2,"at":0,"n":2}'))
  await settle()
  const held = await hold()
  t.equal(held.from, 'c8')
  held.received('c9')
  clock.advance(1_000)
  await settle()
  await settle()
  t.match(last(), { cursor: 'c8', claim: 'other:1' })
  t.equal(positions.size, 1)
})

await t.test('a name that is held and that somebody deletes is written again, and is forgotten when nobody holds it', async t => {
  const { hold, kafka, clock, settle, last, positions } = await started()
  const held = await hold()
  held.received('c1')
  clock.advance(1_000)
  await settle()
  kafka.store('d/main', null)
  await settle()
  await settle()
  t.equal(last()?.cursor, 'c1')
  held.release()
  kafka.store('d/main', null)
  await settle()
  t.strictSame([last(), positions.size], [null, 0])
})

await t.test('a stop before any start', async t => {
  const positions = new Positions({ log: new SimulatedLog(new SimulatedKafka()).log, topic: 'p', clock: new HeldClock(), instance: 'i', max: 10, maxPerDevice: 10, retentionMs: DAY })
  await t.resolves(positions.stop(60_000))
})

await t.test('a claim that came too late for its socket does not take the name from the socket that came after it', async t => {
  const kafka = new SimulatedKafka()
  const clock = new HeldClock()
  const [first, second] = [await started({ kafka, clock, instance: 'i1' }), await started({ kafka, clock, instance: 'i2' })]
  const claim = first.positions.claim('d', 'main', () => {})
  clock.advance(10)
  let isTaken = false
  const held = second.positions.claim('d', 'main', () => { isTaken = true }) // the device has gone over: Kafka is away from the first instance
  await second.settle()
  await held.ready
  claim.release()
  await first.settle() // and is back
  for (let n = 0; n < 3; n++) for (const one of [second, first]) await one.settle()
  held.received('c1')
  clock.advance(1_000)
  for (let n = 0; n < 3; n++) for (const one of [second, first]) await one.settle()
  t.notOk(isTaken)
  const next = await first.hold()
  t.equal(next.from, 'c1', 'what the later one received counts')
  await second.settle()
  t.ok(isTaken, 'who knows of it takes it over')
})
