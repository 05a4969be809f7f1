import t from 'tap'
import { becomes } from '../log/faulty.ts'
import { hold, instance, Onlooker } from '../positions/given.ts'
import { faultyKafka, without } from './faulty-kafka.ts'

const topic = 'positions'

await t.test('a name that is claimed while Kafka is away is held when it is back', { skip: without() }, async t => {
  const kafka = await faultyKafka(t)
  const soon = { requestTimeoutMs: 1_000, holdMs: 1_500 }
  const [a, b] = [await instance(t, kafka.brokers, topic, {}, soon), await instance(t, kafka.brokers, topic, {}, soon)]
  const first = await hold(a)
  first.received('c1')
  await becomes(() => a.log.health().heldBytes > 0)
  await a.log.flush()
  first.received('c2')

  await kafka.kill()
  let isReady = false
  const second = b.positions.claim('d', 'main', () => { t.fail('it was the newest') })
  void second.ready.then(() => { isReady = true })
  const givenUp = b.positions.claim('given-up', 'main', () => { t.fail('it has let go') })
  givenUp.release()
  first.received('c3')
  await becomes(() => b.said.length > 0 && a.said.length > 0) // longer away than records are held
  t.match(b.said, [/^Positions cannot be written to positions: .* It is tried again\.$/])
  t.notOk(isReady)
  await kafka.restart()
  const from = await second.ready
  t.match(from, /^c[13]$/, 'what was in Kafka by then')
  await first.taken
  second.received('c4')
  const onlooker = await Onlooker.on(t, kafka.brokers, topic)
  await onlooker.cursor('c4')
  t.notOk(onlooker.records().some((written) => written?.cursor === 'c2'), 'only the newest value is tried again')
  await b.positions.stop(10_000)

  await kafka.kill()
  const stopping = performance.now()
  const third = a.positions.claim('d', 'main', () => {})
  void third.ready.then(() => t.fail('nobody can know'))
  await a.positions.stop(500)
  t.ok(performance.now() - stopping < 10_000, 'a stop does not wait for Kafka')
  await kafka.restart()
  t.equal((await hold(await instance(t, kafka.brokers, topic))).from, 'c4')
})

await t.test('an instance whose Kafka is away at the start waits for it', { skip: without() }, async t => {
  const kafka = await faultyKafka(t)
  const a = await instance(t, kafka.brokers, topic)
  const held = await hold(a)
  held.received('c1')
  await a.positions.stop(10_000)
  await a.kill()
  await kafka.kill()
  const starting = instance(t, kafka.brokers, topic, {}, { connectTimeoutMs: 60_000 })
  await kafka.restart()
  t.equal((await hold(await starting)).from, 'c1')
})
