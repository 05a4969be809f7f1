import type { Test } from 'tap'
import type { Log } from '../../src/log/log.ts'
import type { TestBroker } from '../kafka/broker.ts'
import { COMPRESSIONS, foreign } from './foreign.ts'
import { append, Collector, content, header, Ledger, readRange, type Options } from './given.ts'

/** What any adapter of `src/log/log.ts` has to do. `make` gives one that is not opened yet. */
export async function conformance (t: Test, broker: TestBroker, make: (options: Options) => Log): Promise<void> {
  const kafka = foreign(broker.brokers)
  let made = 0

  /** An opened log, and a topic of its own. */
  async function open (t: Test, options: Partial<Options> = {}, partitions = 3): Promise<{ log: Log, name: string }> {
    const name = await broker.createTopic(`t${made++}`, { partitions })
    const log = make({ ...options, topics: [name] })
    t.teardown(() => log.close())
    await log.open()
    return { log, name }
  }

  await t.test('what is appended is stored: each waiter hears once, of runs that end at the right offset', async t => {
    const { log, name } = await open(t)
    const topic = log.topic(name)
    t.match(topic, { name, partitions: 3 })
    const ledgers = [new Ledger(), new Ledger()]
    for (let id = 1; id <= 300; id++) t.ok(append(topic, ledgers[id % 2] as Ledger, id, { partition: id % 3 }))
    await Promise.all(ledgers.map((ledger) => ledger.answered(150)))
    await log.flush()
    for (const [odd, { runs, failures }] of ledgers.entries()) {
      t.strictSame(failures, [])
      t.equal(runs.reduce((sum, { count }) => sum + count, 0), 150)
      for (const { id, partition, offset } of runs) t.strictSame([id % 2, id % 3, offset], [odd, partition, Math.ceil(id / 3) - 1])
      for (const partition of [0, 1, 2]) {
        const ids = runs.filter((run) => run.partition === partition).map(({ id }) => id)
        t.strictSame(ids, [...ids].sort((a, b) => a - b))
      }
    }
    for (const partition of [0, 1, 2]) {
      t.strictSame(await content(log, name, partition), Array.from({ length: 100 }, (_, n) => String(3 * n + (partition === 0 ? 3 : partition))))
    }
    t.strictSame(log.health(), { stalls: [], heldBytes: 0 })
  })

  await t.test('a waiter\'s records that travel together are one run', async t => {
    const { log, name } = await open(t, {}, 1)
    const [one, two] = [new Ledger(), new Ledger()]
    for (const [ledger, id] of [[one, 1], [one, 2], [two, 7], [one, 3]] as const) append(log.topic(name), ledger, id)
    await Promise.all([one.answered(3), two.answered(1)])
    t.strictSame(one.runs, [{ id: 2, count: 2, partition: 0, offset: 1 }, { id: 3, count: 1, partition: 0, offset: 3 }])
    t.strictSame(two.runs, [{ id: 7, count: 1, partition: 0, offset: 2 }])
  })

  await t.test('key, value, headers and time are what was given', async t => {
    const { log, name } = await open(t, {}, 1)
    const ledger = new Ledger()
    const before = Date.now()
    const source = Buffer.from('around {"höhe":1.0} around')
    log.topic(name).append(0, Buffer.from('device-9'), source, 7, source.length - 7, header('event', 'größe'), ledger, 1)
    source.fill(0)
    await ledger.answered(1)
    const collector = new Collector()
    await readRange(log, name, 0, 0, 1, collector)
    t.strictSame(collector.seen, ['0:0 {"höhe":1.0}'])
    t.match(collector.details, [{ key: 'device-9', headers: { event: 'größe' } }])
    const timeMs = collector.details[0]?.timeMs ?? 0
    t.ok(timeMs >= before && timeMs <= Date.now())
  })

  await t.test('a record may have no value', async t => {
    const { log, name } = await open(t, {}, 1)
    const ledger = new Ledger()
    append(log.topic(name), ledger, 1)
    log.topic(name).append(0, Buffer.from('device-1'), Buffer.alloc(0), 0, -1, header('event', 'gone'), ledger, 2)
    append(log.topic(name), ledger, 3, { value: '' })
    await ledger.answered(3)
    const collector = new Collector()
    await readRange(log, name, 0, 0, 3, collector)
    t.strictSame(collector.values, ['1', 'null', ''])
    t.match(collector.details[1], { key: 'device-1', headers: { event: 'gone' } })
  })

  await t.test('so much is held and no more', async t => {
    const { log, name } = await open(t, { holdBytes: 20_000 }, 1)
    const topic = log.topic(name)
    const ledger = new Ledger()
    const value = 'v'.repeat(1000)
    let taken = 0
    let pressedAt = 0
    while (append(topic, ledger, taken + 1, { value })) {
      taken++
      if (topic.pressed(0)) pressedAt ||= taken
    }
    t.ok(taken >= 12 && taken < 20, `${taken} were taken`)
    t.ok(pressedAt > taken / 2 && pressedAt < taken, `pressed from ${pressedAt} on`)
    t.ok(log.health().heldBytes > 12_000)
    await log.flush()
    t.equal(ledger.runs.reduce((sum, { count }) => sum + count, 0), taken)
    t.strictSame([topic.pressed(0), log.health().heldBytes], [false, 0])
    t.ok(append(topic, ledger, taken + 1), 'and then there is room')
    await log.flush()
    t.equal((await content(log, name)).length, taken + 1)
  })

  await t.test('flush with nothing to wait for', async t => {
    const { log } = await open(t)
    await t.resolves(log.flush())
  })

  await t.test('a batch\'s worth and more, at once', async t => {
    const { log, name } = await open(t, {}, 1)
    const ledger = new Ledger()
    for (let id = 1; id <= 30; id++) append(log.topic(name), ledger, id, { value: `${id} ${'v'.repeat(60_000)}` })
    await ledger.answered(30)
    t.strictSame(ledger.failures, [])
    t.strictSame((await content(log, name)).map((value) => value.split(' ')[0]), Array.from({ length: 30 }, (_, n) => String(n + 1)))
  })

  await t.test('starts and ends of each partition', async t => {
    const { log, name } = await open(t)
    t.strictSame([await log.starts(name), await log.ends(name)], [[0, 0, 0], [0, 0, 0]])
    const ledger = new Ledger()
    for (const [id, partition] of [[1, 0], [2, 2], [3, 2]] as const) append(log.topic(name), ledger, id, { partition })
    await ledger.answered(3)
    t.strictSame([await log.starts(name), await log.ends(name)], [[0, 0, 0], [1, 0, 2]])
    const admin = kafka.admin()
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [name] }) // kafkajs looks up its leader there
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 2, offset: '1' }] })
    await admin.disconnect()
    t.strictSame([await log.starts(name), await log.ends(name)], [[0, 0, 1], [1, 0, 2]])
    await t.rejects(log.fetch(name, 2, 0), { name: 'LogError', code: 'offset-gone', message: `Offset 0 of ${name}/2 does not exist, or no longer does.` })
  })

  await t.test('a range is read from its first offset up to its last', async t => {
    const { log, name } = await open(t, {}, 1)
    const ledger = new Ledger()
    for (let id = 1; id <= 20; id++) {
      append(log.topic(name), ledger, id)
      if (id % 5 === 0) await log.flush()
    }
    for (const [from, until] of [[0, 20], [3, 17], [5, 10], [7, 8], [19, 20], [4, 4]] as const) {
      const collector = new Collector()
      await readRange(log, name, 0, from, until, collector)
      t.strictSame(collector.seen, Array.from({ length: until - from }, (_, n) => `0:${from + n} ${from + n + 1}`))
    }
  })

  await t.test('a piece says where it ends, and there is an empty one behind the last record', async t => {
    const { log, name } = await open(t, {}, 1)
    const ledger = new Ledger()
    for (let id = 1; id <= 3; id++) append(log.topic(name), ledger, id)
    await log.flush()
    t.match(await log.fetch(name, 0, 1), { from: 1, next: 3 })
    const { from, next, at, end } = await log.fetch(name, 0, 3)
    t.strictSame([from, next, end - at], [3, 3, 0])
  })

  await t.test('offsets by time', async t => {
    const { log, name } = await open(t, {}, 2)
    const producer = kafka.producer({ createPartitioner: () => () => 0 })
    await producer.connect()
    for (const timestamp of ['1000000', '2000000', '3000000']) await producer.send({ topic: name, messages: [{ value: 'v', timestamp }] })
    await producer.disconnect()
    for (const [timeMs, offsets] of [[0, [0, 0]], [1_000_000, [0, 0]], [1_000_001, [1, 0]], [3_000_000, [2, 0]], [3_000_001, [3, 0]]] as const) {
      t.strictSame(await log.offsetsAt(name, timeMs), offsets, `${timeMs}`)
    }
    t.match(log.cluster, /./)
  })

  await t.test('partitions that are added are told, and read from their first record on', async t => {
    const { log, name } = await open(t, {}, 1)
    const grown: number[] = []
    const tailed = Object.assign(new Collector(), { grown: (count: number) => { grown.push(count) } })
    log.tail(name, [0], tailed)
    const admin = kafka.admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: 3 }] })
    await admin.disconnect()
    const producer = kafka.producer({ createPartitioner: () => () => 2 })
    await producer.connect()
    await producer.send({ topic: name, messages: [{ value: 'new' }] })
    await producer.disconnect()
    await tailed.records(1)
    t.strictSame([tailed.seen, tailed.told, grown], [['2:0 new'], [], [3]])
  })

  await t.test('a tail begins where it is told, hands on what comes, and ends when it is closed', async t => {
    const { log, name } = await open(t)
    const ledger = new Ledger()
    const put = async (ids: number[]): Promise<void> => {
      for (const id of ids) append(log.topic(name), ledger, id, { partition: id % 3 })
      await log.flush()
    }
    await put([1, 2, 3, 4, 5, 6])
    const collector = new Collector()
    const tail = log.tail(name, [1, 0, 2], collector)
    await collector.records(3)
    await put([7, 8, 9])
    await collector.records(6)
    t.strictSame([...collector.seen].sort(), ['0:1 6', '0:2 9', '1:0 1', '1:1 4', '1:2 7', '2:2 8'])
    t.strictSame(tail.lag(), [0, 0, 0])
    tail.close()
    const after = new Collector()
    const ends = await log.ends(name)
    log.tail(name, ends, after)
    await put([10, 11, 12])
    await after.records(3)
    t.strictSame([...after.seen].sort(), ['0:3 12', '1:3 10', '2:3 11'])
    t.equal(collector.seen.length, 6, 'and then it hands on nothing')
    t.strictSame(collector.told.concat(after.told), [])
  })

  await t.test('records are read however their producer compressed them', async t => {
    const { log, name } = await open(t, {}, 1)
    const producer = kafka.producer({ createPartitioner: () => () => 0 })
    await producer.connect()
    const tailed = new Collector()
    log.tail(name, [0], tailed)
    for (const [codec, compression] of Object.entries(COMPRESSIONS)) {
      await producer.send({ topic: name, compression, messages: [{ value: codec }, { key: 'k', value: codec.repeat(500), headers: { h: codec } }, { value: null }] })
    }
    await producer.disconnect()
    const expected = Object.keys(COMPRESSIONS).flatMap((codec) => [codec, codec.repeat(500), 'null'])
    t.strictSame(await content(log, name), expected)
    await tailed.records(expected.length)
    t.strictSame(tailed.values, expected)
    t.strictSame([tailed.told, tailed.details[1]], [[], { ...tailed.details[1], key: 'k', headers: { h: 'none' } }])
  })

  await t.test('transactions: what is committed is read, what is aborted is not, what is open holds back', async t => {
    const { log, name } = await open(t, {}, 1)
    const ledger = new Ledger()
    const tailed = new Collector()
    const producer = kafka.producer({ transactionalId: `id-of-${name}`, maxInFlightRequests: 1, idempotent: true, createPartitioner: () => () => 0 })
    await producer.connect()
    t.teardown(() => producer.disconnect())
    const tail = log.tail(name, [0], tailed)

    const aborted = await producer.transaction()
    await aborted.send({ topic: name, messages: [{ value: 'aborted' }] })
    append(log.topic(name), ledger, 1)
    await log.flush()
    await aborted.abort()
    await tailed.records(1)

    const committed = await producer.transaction()
    await committed.send({ topic: name, messages: [{ value: 'committed' }] })
    append(log.topic(name), ledger, 2)
    await log.flush()
    const held = (await log.ends(name))[0] as number
    t.equal(ledger.runs.at(-1)?.offset, held + 1, 'the end is before the open transaction')
    t.strictSame(tailed.values, ['1'])
    await committed.commit()
    await tailed.records(3)
    t.strictSame(tailed.values, ['1', 'committed', '2'])
    t.strictSame(tailed.told, [])
    t.equal((await log.ends(name))[0], held + 3)
    t.strictSame(await content(log, name), ['1', 'committed', '2'])
    t.ok((tail.lag()[0] as number) <= 1)
  })

  await t.test('open: a missing topic is told with its cure, or created', async t => {
    const [here, missing] = [await broker.createTopic('here'), broker.topic('missing')]
    const log = make({ topics: [here, missing] })
    t.teardown(() => log.close())
    await t.rejects(log.open(), { name: 'LogError', code: 'topic-missing', message: `Kafka has no topic ${missing}. Set kafka.createTopics, or run: kafka-topics --bootstrap-server … --create --topic ${missing} --partitions 3` })
    const creating = make({ topics: [here, missing], createTopics: true, partitions: 2 })
    t.teardown(() => creating.close())
    await creating.open()
    t.strictSame([creating.topic(here).partitions, creating.topic(missing).partitions], [1, 2])
    t.throws(() => creating.topic('other'), { name: 'LogError', code: 'topic-missing', message: 'Topic other was not opened.' })
    const ledger = new Ledger()
    append(creating.topic(missing), ledger, 1, { partition: 1 })
    await ledger.answered(1)
    t.strictSame(await content(creating, missing, 1), ['1'])
  })

  await t.test('open: of two that create a topic at once both are right', async t => {
    const name = broker.topic('raced')
    const logs = [1, 2, 3].map(() => make({ topics: [name], createTopics: true }))
    t.teardown(() => Promise.all(logs.map((log) => log.close())))
    await Promise.all(logs.map((log) => log.open()))
    t.strictSame(logs.map((log) => log.topic(name).partitions), [3, 3, 3])
  })

  await t.test('open: a compacted topic would lose records', async t => {
    const name = await broker.createTopic('compacted', { config: { 'cleanup.policy': 'compact' } })
    const log = make({ topics: [name] })
    t.teardown(() => log.close())
    await t.rejects(log.open(), { name: 'LogError', code: 'topic-wrong', message: new RegExp(`^Topic ${name.replaceAll('.', '\\.')} is compacted: .* --topic ${name.replaceAll('.', '\\.')} --add-config cleanup.policy=delete$`) })
  })

  await t.test('open: topics that keep the last record of each key are created so, and refused if they do not', async t => {
    const [other, kept] = [await broker.createTopic('other'), broker.topic('kept')]
    const missing = make({ topics: [other], compacted: [kept] })
    t.teardown(() => missing.close())
    await t.rejects(missing.open(), { code: 'topic-missing', message: new RegExp(`--create --topic ${kept.replaceAll('.', '\\.')} --partitions 3 --config cleanup.policy=compact --config segment.bytes=16777216$`) })
    const creating = make({ topics: [other], compacted: [kept], createTopics: true })
    t.teardown(() => creating.close())
    await creating.open()
    t.equal(creating.topic(kept).partitions, 3)
    const again = make({ topics: [other], compacted: [kept] })
    t.teardown(() => again.close())
    await t.resolves(again.open())
    const refused = make({ topics: [kept] })
    t.teardown(() => refused.close())
    await t.rejects(refused.open(), { code: 'topic-wrong', message: /is compacted/ })

    const half = await broker.createTopic('half', { config: { 'cleanup.policy': 'compact,delete' } })
    for (const [name, policy] of [[other, 'delete'], [half, 'compact,delete']] as const) {
      const log = make({ topics: [], compacted: [name] })
      t.teardown(() => log.close())
      await t.rejects(log.open(), { name: 'LogError', code: 'topic-wrong', message: new RegExp(`^Topic ${name.replaceAll('.', '\\.')} has cleanup.policy=${policy}: .* --topic ${name.replaceAll('.', '\\.')} --add-config cleanup.policy=compact$`) })
    }
  })

  await t.test('a topic\'s own bound on a batch is kept', async t => {
    const name = await broker.createTopic('small', { config: { 'max.message.bytes': '5000' } })
    const log = make({ topics: [name] })
    t.teardown(() => log.close())
    await log.open()
    const ledger = new Ledger()
    for (let id = 1; id <= 20; id++) append(log.topic(name), ledger, id, { value: `${id} ${'v'.repeat(1000)}` })
    append(log.topic(name), ledger, 21, { value: 'v'.repeat(6000) })
    append(log.topic(name), ledger, 22)
    await ledger.answered(22)
    t.strictSame(ledger.failures, [{ id: 21, code: 'record-too-large', reason: 'MESSAGE_TOO_LARGE' }])
    t.equal((await content(log, name)).length, 21)
  })
}
