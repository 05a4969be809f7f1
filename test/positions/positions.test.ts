import t, { type Test } from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { becomes } from '../log/faulty.ts'
import type { Written } from '../../src/positions/record.ts'
import { besides, hold, instance, Onlooker, topicOf, type Hold, type Instance } from './given.ts'

const broker = await testBroker(t)

/** Two instances on a topic of their own, and who looks on. */
async function pair (t: Test) {
  const topic = await topicOf(broker)
  const [a, b] = [await instance(t, broker.brokers, topic, { instance: 'a' }), await instance(t, broker.brokers, topic, { instance: 'b' })]
  return { topic, a, b, onlooker: await Onlooker.on(t, broker.brokers, topic) }
}

/** A hold under which `c1` was received, and written. */
async function received (at: Instance, onlooker: Onlooker): Promise<Hold> {
  const first = await hold(at)
  first.received('c1')
  await onlooker.cursor('c1')
  return first
}

await t.test('a name that is new begins nowhere; what was received is known on every instance, and after a restart of all', async t => {
  const { topic, a, b, onlooker } = await pair(t)
  const first = await hold(a)
  t.equal(first.from, undefined)
  first.received('c1')
  first.received('c2')
  await onlooker.cursor('c2')
  t.equal(onlooker.records().length, 2, 'a claim, and one write for both')
  first.release()
  const second = await hold(b)
  t.equal(second.from, 'c2')
  second.received('c3')
  const other = await hold(b, 'd', 'other')
  t.equal(other.from, undefined, 'another name is another position')
  await Promise.all([a, b].map(({ positions }) => positions.stop(10_000)))
  await onlooker.cursor('c3') // a stop writes what was not written
  await Promise.all([a, b].map(({ kill }) => kill()))
  const again = await instance(t, broker.brokers, topic)
  t.equal(again.positions.size, 2)
  t.equal((await hold(again)).from, 'c3')
  t.equal((await hold(again, 'd', 'other')).from, undefined)
  t.strictSame([first.isTaken(), second.isTaken()], [false, false], 'nobody took a name from one who had let go')
})

await t.test('the newest socket takes the name over: on another instance, and on the same', async t => {
  const { topic, a, b, onlooker } = await pair(t)
  const first = await received(a, onlooker)
  const second = await hold(b)
  t.equal(second.from, 'c1')
  await first.taken
  first.received('c2')
  first.passed('c3')
  first.release()
  second.received('c4')
  const third = await hold(b)
  await second.taken
  t.equal(third.from, 'c4', 'on the same instance also what was not written yet')
  await onlooker.cursor('c4')
  t.notOk(onlooker.records().some((written) => written?.cursor === 'c2' || written?.cursor === 'c3'), 'who lost the name writes nothing')
  t.equal((await hold(await instance(t, broker.brokers, topic))).from, 'c4')
  await third.taken
})

await t.test('of two claims at once the one that stands later in the log holds the name', async t => {
  const { a, b, onlooker } = await pair(t)
  const [one, two] = await Promise.all([hold(a), hold(b)])
  await Promise.race([one.taken, two.taken])
  const [winner, loser] = one.isTaken() ? [two, one] : [one, two]
  loser.received('lost')
  winner.received('won')
  await onlooker.cursor('won')
  t.notOk(winner.isTaken())
  t.notOk(onlooker.records().some((written) => written?.cursor === 'lost'))
})

await t.test('of two that wait on one instance the older is told at once', async t => {
  const topic = await topicOf(broker)
  const a = await instance(t, broker.brokers, topic)
  let taken = 0
  a.positions.claim('d', 'main', () => { taken++ })
  const second = a.positions.claim('d', 'main', () => { taken += 10 })
  t.equal(taken, 1)
  t.equal(await second.ready, undefined)
  second.received('c1')
  await (await Onlooker.on(t, broker.brokers, topic)).cursor('c1')
  t.equal(taken, 1)
})

await t.test('what an older holder writes late moves nothing back, and is not what compaction keeps', async t => {
  const { topic, a, b, onlooker } = await pair(t)
  await received(a, onlooker)
  const late = { ...onlooker.last()!, cursor: 'late', n: 9 }
  const second = await hold(b)
  second.received('c2')
  await onlooker.cursor('c2')
  await onlooker.put(late)
  await onlooker.cursor('late')
  await onlooker.cursor('c2')
  t.equal(onlooker.last()?.claim, 'b:1', 'the holder has written again')
  t.notOk(second.isTaken())

  second.release()
  await onlooker.put(late)
  await onlooker.cursor('late')
  await onlooker.cursor('c2')
  t.equal(onlooker.last()?.claim, 'b:1', 'also when its socket has ended: by its instance, or by the one that was late')
  await a.kill()
  await b.kill()

  await onlooker.put(late)
  await onlooker.cursor('late')
  const c = await instance(t, broker.brokers, topic, { instance: 'c' })
  t.equal((await hold(c)).from, 'c2', 'who begins reads it so too')
  await onlooker.cursor('c2')
})

await t.test('a claim whose record says less than the log is written again', async t => {
  const { a, b, onlooker } = await pair(t)
  await received(a, onlooker)
  const { partitions, claim, at } = onlooker.last()!
  await hold(b, 'd', besides('main')) // read back behind the other, so b has read that
  const show = b.blind()
  await onlooker.put({ cursor: 'c2', claim, partitions, at: at!, n: 5 })
  const second = hold(b)
  const claimed = (): Written | null | undefined => onlooker.records().find((one) => one?.claim !== claim)
  await onlooker.until(() => claimed() !== undefined)
  t.equal(claimed()?.cursor, 'c1', 'by who had not read the last record')
  show()
  t.equal((await second).from, 'c2')
  await onlooker.until(() => onlooker.last()?.claim !== claim && onlooker.last()?.cursor === 'c2')
  t.pass('whoever reads the last record only is told the same')
})

await t.test('a record without value forgets a name, but not one that is held', async t => {
  const topic = await topicOf(broker)
  const a = await instance(t, broker.brokers, topic)
  const onlooker = await Onlooker.on(t, broker.brokers, topic)
  const held = await received(a, onlooker)
  await onlooker.put(null)
  await onlooker.cursor('c1')
  held.release()
  await onlooker.put(null)
  await becomes(() => a.positions.size === 0)
  t.equal((await hold(a)).from, undefined)
  await onlooker.put('x', 'd/garbage')
  await onlooker.put('{"cursor":1,"claim":"x:1","partitions":2}', 'd/garbage')
  await onlooker.put('null', 'd/garbage')
  await onlooker.put({ cursor: 'c'.repeat(8_001), claim: 'x:1', partitions: 2 }, 'd/garbage')
  await onlooker.put({ claim: 'x:1', partitions: 2 }, 'd/good')
  await becomes(() => a.positions.size === 2)
  t.pass('what no instance writes is passed over')
})

await t.test('so many names may be held', async t => {
  const a = await instance(t, broker.brokers, await topicOf(broker), { max: 2 })
  t.ok(a.positions.hasRoom('d', 'main'))
  await hold(a)
  a.positions.claim('d', 'second', () => {})
  t.strictSame([a.positions.hasRoom('d', 'third'), a.positions.hasRoom('d', 'main')], [false, true])
})

await t.test('so many names of a device may be held', async (t) => {
  const a = await instance(t, broker.brokers, await topicOf(broker), { maxPerDevice: 1 })
  await hold(a)
  t.strictSame(['d', 'e'].map((device) => a.positions.hasRoom(device, 'other')), [false, true])
  const once = a.positions.claim('e', 'main', () => {})
  once.release()
  t.notOk(a.positions.hasRoom('e', 'other'), 'that it has gone before Kafka had its claim changes nothing')
})

await t.test('partitions that are added move names: the instances that know of them win', async t => {
  const topic = await topicOf(broker)
  const onlooker = await Onlooker.on(t, broker.brokers, topic)
  for (const [n, cursor] of ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'].entries()) {
    await onlooker.put({ cursor, claim: 'old:1', partitions: 1, at: 0, n: n + 1 })
    await onlooker.put({ cursor, claim: 'old:1', partitions: 2, at: 0, n: n + 1 })
  }
  const a = await instance(t, broker.brokers, topic)
  const held = await hold(a)
  t.equal(held.from, 'c7')
  await onlooker.put({ cursor: 'old', claim: 'old:9', partitions: 1 })
  await onlooker.cursor('old')
  await onlooker.cursor('c7')
  t.notOk(held.isTaken())
})
