import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Failure } from '../../src/log/log.ts'
import { headerName, HeaderBlock } from '../../src/wire/header-block.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { chunkOf, SimulatedKafka } from '../table/simulated-kafka.ts'
import { Instance, SWEEP_MS } from './given.ts'

const AWAY: Failure = { code: 'kafka-away', reason: 'away' }
const by = 'olga'
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const SWEPT = new HeaderBlock().add(headerName('swept'), '')

async function started (kafka = new SimulatedKafka(), options = {}): Promise<{ kafka: SimulatedKafka, clock: HeldClock, one: Instance, answers: unknown[], done: (failure: unknown) => void }> {
  const clock = new HeldClock()
  kafka.now = () => clock.now()
  const one = new Instance(kafka, clock, options)
  await one.revocations.start()
  const answers: unknown[] = []
  return { kafka, clock, one, answers, done: (failure) => answers.push(failure) }
}

await t.test('what is revoked is in force when it is read back, and after a start', async (t) => {
  const { kafka, one, answers, done } = await started()
  one.revocations.revoke('device', 'd1', { by, at: 1, reason: 'stolen' }, done)
  t.strictSame([answers, one.has('d1')], [[], false])
  one.log.land()
  t.strictSame([answers, one.has('d1')], [[undefined], false])
  one.log.next()
  t.strictSame([one.has('d1'), one.has('d2'), one.revoked], [true, false, 1])
  t.strictSame([...one.revocations.list()], [{ kind: 'device', id: 'd1', by, at: 1, reason: 'stolen' }])
  const { one: other } = await started(kafka)
  t.ok(other.has('d1'))
  other.revocations.lift('device', 'd1', () => {})
  other.settle()
  one.settle()
  t.strictSame([other.has('d1'), one.has('d1'), one.revocations.size], [false, false, 0])
})

await t.test('a caller is known by its token, its key, its device, and as whom it comes', async (t) => {
  const { one } = await started()
  for (const [kind, id] of [['token', 't'], ['key', 'k'], ['device', 'd']] as const) one.revocations.revoke(kind, id, { by, at: 1 }, () => {})
  one.settle()
  const caller = { by: 'token', subject: 's', roles: [], groups: [], watch: [] } as const
  for (const [more, as, is] of [[{}, undefined, false], [{ tokenId: 't' }, 'x', true], [{ keyId: 'k' }, 'x', true], [{ device: 'd' }, 'x', true], [{}, 'd', true], [{ tokenId: 'k', keyId: 't', device: 't' }, 'k', false]] as const) {
    t.equal(one.revocations.has({ ...caller, ...more }, as), is)
  }
})

await t.test('what Kafka does not take is told, and is not in force', async (t) => {
  const { one, answers, done } = await started()
  one.revocations.revoke('key', 'k', { by, at: 1 }, done)
  one.log.fail(AWAY)
  one.log.isFull = true
  one.revocations.revoke('key', 'k', { by, at: 1 }, done)
  t.match(answers, [AWAY, { code: 'kafka-away' }])
  t.equal(one.revocations.size, 0)
})

await t.test('over the bound there is room for what is known only', async (t) => {
  const { one } = await started()
  for (const id of ['1', '2', '3']) one.revocations.revoke('token', id, { by, at: 1 }, () => {})
  t.ok(one.revocations.hasRoom('token', '4'))
  one.settle()
  t.strictSame([one.revocations.hasRoom('token', '4'), one.revocations.hasRoom('key', '1'), one.revocations.hasRoom('token', '1')], [false, false, true])
})

await t.test('one that ends is in force until then, and forgotten after', async (t) => {
  const { kafka, clock, one } = await started()
  one.revocations.revoke('device', 'd1', { by, at: 1, untilMs: clock.now() + 1_000 }, () => {})
  one.revocations.revoke('device', 'd2', { by, at: 1 }, () => {})
  one.settle()
  clock.advance(999)
  t.ok(one.has('d1'))
  clock.advance(1)
  t.strictSame([one.has('d1'), [...one.revocations.list()].map(({ id }) => id), one.revocations.size], [false, ['d2'], 2])
  clock.advance(SWEEP_MS)
  one.settle()
  t.strictSame([one.revocations.size, kafka.history.at(-1)?.value, one.has('d2')], [1, null, true])
  one.revocations.revoke('device', 'd3', { by, at: 1, untilMs: clock.now() - 1 }, () => {})
  one.settle()
  t.equal(one.revoked, 2, 'one that has ended is nobody\'s matter')
})

await t.test('one that is revoked anew while it is being forgotten stays', async (t) => {
  const { kafka, clock, one } = await started()
  const other = new Instance(kafka, clock)
  await other.revocations.start()
  one.revocations.revoke('device', 'd1', { by, at: 1, untilMs: clock.now() + 1_000 }, () => {})
  one.settle()
  other.settle()
  clock.advance(2 * SWEEP_MS)
  other.revocations.revoke('device', 'd1', { by, at: 2 }, () => {})
  while (other.log.queue.length > 1) other.log.queue.shift() // its own forgetting
  other.settle()
  one.settle()
  other.settle()
  t.strictSame([one.has('d1'), other.has('d1')], [true, true])
  t.not(kafka.history.at(-1)?.value, null, 'it was written again')
  kafka.compact()
  t.ok((await started(kafka)).one.has('d1'))
})

await t.test('a start that reads such a thing writes it again, if it was not lifted since', async (t) => {
  for (const isLifted of [false, true]) {
    const kafka = new SimulatedKafka()
    kafka.store('device/d1', json({ by }))
    kafka.store('device/d1', null, SWEPT)
    if (isLifted) kafka.store('device/d1', null)
    const { one } = await started(kafka)
    t.strictSame([one.has('d1'), one.log.queue.length], isLifted ? [false, 0] : [true, 1])
  }
})

await t.test('a kick closes sockets, and leaves nothing; one that is read too late closes none', async (t) => {
  const { kafka, clock, one, answers, done } = await started()
  one.revocations.kick('d1', by, done)
  one.settle()
  t.strictSame([one.kicked, answers, kafka.history.map(({ key, value }) => [key, value === null])], [['d1'], [undefined], [['kick/d1', false], ['kick/d1', true]]])
  one.revocations.kick('d2', by, done)
  one.log.land()
  clock.advance(300_000)
  one.settle()
  t.strictSame(one.kicked, ['d1'])
})

await t.test('records of others: what says that something is revoked counts, what says nothing does not', async (t) => {
  const { kafka, one } = await started()
  for (const value of ['{', 'null', '{"by":1,"at":"x","untilMs":"y","reason":2}', '7']) {
    kafka.store('token/t', Buffer.from(value))
    one.settle()
    t.match([...one.revocations.list()], [{ kind: 'token', id: 't', by: 'unknown', at: Number, untilMs: undefined, reason: undefined }], value)
  }
  for (const key of ['', 'token', 'nothing/t', '/']) kafka.store(key, json({}))
  kafka.store('token/é', json({ untilMs: 9e15 }))
  one.settle()
  t.strictSame([...one.revocations.list()].map(({ id }) => id), ['t', 'é'])
})

await t.test('what lies in another partition lifts nothing, and is not lifted from where it is not known', async (t) => {
  const { kafka, one } = await started()
  kafka.store('device/d1', json({ by }))
  one.settle()
  const record = { offset: 0, key: 'device/d1', value: null, headers: new HeaderBlock(), timeMs: 1 }
  one.log.sink?.chunk(1, chunkOf([record], 0))
  t.ok(one.has('d1'))
  one.log.sink?.chunk(1, chunkOf([{ ...record, value: json({ by }) }], 0))
  one.revocations.lift('device', 'd1', () => {})
  one.settle()
  t.ok(one.has('d1'), 'this instance knows of one partition')
})

await t.test('what was known when the topic was made anew is in force, and written down again', async (t) => {
  const { kafka, clock, one } = await started()
  kafka.store('device/d1', json({ by }))
  one.settle()
  one.log.sink?.gap(0, 1, 0, 'retention')
  t.equal(one.log.queue.length, 0)
  kafka.history.length = kafka.records.length = 0
  one.log.sink?.gap(0, 1, 0, 'truncated')
  await turn()
  one.log.fail(AWAY)
  t.strictSame([one.has('d1'), kafka.end], [true, 0])
  clock.advance(250)
  one.settle()
  t.strictSame([one.has('d1'), kafka.history.map(({ key }) => key)], [true, ['device/d1']])
  t.match(one.said, [/are gone: retention/, /are gone: truncated/])
  one.log.sink?.gap(0, 1, 0, 'truncated')
  await turn()
  one.revocations.stop()
  one.log.fail(AWAY)
  clock.advance(1_000)
  t.equal(one.log.queue.length, 0, 'after a stop nothing is')
})

await t.test('the start waits for Kafka, and a stop ends that', async (t) => {
  const clock = new HeldClock()
  const kafka = new SimulatedKafka()
  kafka.store('device/d1', json({ by }))
  const one = new Instance(kafka, clock)
  one.log.faults.push(new Error('away'))
  const starting = one.revocations.start()
  await turn()
  clock.advance(250)
  await starting
  t.ok(one.has('d1'))
  const other = new Instance(kafka, clock)
  other.log.faults.push(new Error('away'), new Error('still away'))
  const never = other.revocations.start()
  await turn()
  other.revocations.stop()
  await t.rejects(never, /still away/)
  const third = new Instance(kafka, clock)
  const stopped = third.revocations.start()
  third.revocations.stop()
  await stopped
  clock.advance(2 * SWEEP_MS)
  t.equal(third.log.sink, undefined)
})
