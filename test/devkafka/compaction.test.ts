import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { walkBatches } from '../../src/wire/batch-walk.ts'
import { batch, TRANSACTIONAL } from './batches.ts'
import type { RawClient } from './raw.ts'
import { addPartition, endTxn, fetchOne, initProducerId, produce } from './raw.ts'
import { start, startAny } from './start.ts'

const compact = { 'cleanup.policy': 'compact' }
/** What Kafka needs to clean soon; the embedded broker has such segments anyway. */
const soon = { ...compact, 'segment.bytes': String(1024 * 1024), 'min.cleanable.dirty.ratio': '0.01' }
const filler = 'x'.repeat(100_000)

/** Every record of partition 0, as `offset key=value`, read as the gateway reads. */
async function all (client: RawClient, topic: string, from = 0): Promise<string[]> {
  const records: string[] = []
  for (let next = from; ;) {
    const { error, highWatermark, records: bytes } = await fetchOne(client, topic, { offset: next, maxBytes: 1 << 23, partitionBytes: 1 << 23 })
    if (error !== 'NONE') throw new Error(error)
    next = walkBatches(bytes, 0, bytes.length, next, [], {
      record: (r) => records.push(`${r.offset} ${r.asciiKey()}=${r.value()?.toString().slice(0, 10) ?? 'null'}`),
      undecodable: (_from, _to, reason) => { throw new Error(reason) }
    })
    if (next >= highWatermark) return records
  }
}

const put = async (client: RawClient, topic: string, ...pairs: Array<[key: string, value: string | null]>): Promise<void> => {
  const { error } = await produce(client, topic, batch({ keys: pairs.map(([key]) => key), values: pairs.map(([, value]) => value) }))
  if (error !== 'NONE') throw new Error(error)
}

await t.test('each key keeps its last record at its own offset, and the newest part is left alone', async t => {
  const { connect, topic } = await startAny(t)
  const client = await connect()
  const to = await topic(soon)
  await put(client, to, ['a', '0'], ['b', '1'], ['a', '2'])
  await put(client, to, ['a', '3'], ['c', '4'])
  let end = 5
  for (; end < 17; end++) await put(client, to, ['filler', filler])
  await put(client, to, ['b', 'newer'])
  let read = await all(client, to)
  for (; read[0] !== '1 b=1'; read = await all(client, to)) t.equal(read[0], '0 a=0', 'not cleaned yet')
  t.same(read.slice(0, 3), ['1 b=1', '3 a=3', '4 c=4'])
  t.equal(read.at(-1), '17 b=newer', 'what replaces it is not in the part that is cleaned')
  const fillers = read.filter((one) => one.includes('filler'))
  t.ok(fillers.length < 12 && fillers.at(-1) === '16 filler=xxxxxxxxxx', `${fillers.length} of 12`)

  t.equal((await all(client, to, 2))[0], '3 a=3', 'an offset in a hole reads on behind it')
  t.same(await listOffsets(client, to), [0, 18], 'start and end are where they were')
  const now = Date.now()
  await produce(client, to, batch({ keys: ['d'], values: ['18'], times: [now + 1000] }))
  t.equal(await offsetOf(client, to, now + 1), 18)
  t.equal((await produce(client, to, batch())).error, 'INVALID_RECORD', 'a record needs a key')
})

async function listOffsets (client: RawClient, topic: string): Promise<number[]> {
  return [await offsetOf(client, topic, -2), await offsetOf(client, topic, -1)]
}

async function offsetOf (client: RawClient, topic: string, timestamp: number): Promise<number> {
  const answer = await client.request('ListOffsets', 2, (body) => body.int32(-1).int8(0)
    .array([topic], (w, name) => w.string(name).array([0], (p) => p.int32(0).int64(timestamp))))
  answer.skip(8)
  answer.string()
  answer.skip(18)
  return answer.int64()
}

/** A compacted topic of one partition whose segments are full after a few records. */
async function small (t: Test, options: { dir?: string, tombstoneMs?: number, retentionBytes?: number } = {}) {
  const { tombstoneMs = 86_400_000, retentionBytes = 8000, ...rest } = options
  const started = await start(t, { retentionBytes, ...rest })
  started.broker.topics.create({ name: 'p', partitions: 1, configs: { ...compact, 'delete.retention.ms': String(tombstoneMs) } })
  const client = await started.connect()
  return {
    ...started,
    client,
    partition: () => started.broker.topics.partition('p', 0)!,
    put: (...pairs: Array<[string, string | null]>) => put(client, 'p', ...pairs),
    read: () => all(client, 'p')
  }
}

await t.test('what is written for ever takes no more room than what lives', async t => {
  const dir = t.testdir()
  const { put, read, partition, broker } = await small(t, { dir })
  const expected = new Map<string, string>()
  for (let n = 0; n < 3000; n++) {
    const key = n < 20 ? `once-${n}` : `often-${n % 10}`
    await put([key, String(n)])
    expected.set(key, String(n))
    if (partition().bytes > 8000) t.fail(`${partition().bytes} bytes`)
  }
  const last = new Map((await read()).map((one) => (one.split(' ')[1] as string).split('=') as [string, string]))
  t.same(last, expected)
  t.ok(readdirSync(join(dir, 'topics/p/0')).length <= 5)

  const { start: first, end } = partition()
  t.same([first, end], [0, 3000])
  await broker.close()
  const again = await start(t, { dir, retentionBytes: 8000 })
  t.same([again.said, again.broker.topics.partition('p', 0)?.start, again.broker.topics.partition('p', 0)?.end], [[], 0, 3000])
  const client = await again.connect()
  t.same(new Map((await all(client, 'p')).map((one) => (one.split(' ')[1] as string).split('=') as [string, string])), expected)
  t.same(await produce(client, 'p', batch({ keys: ['k'] })), { error: 'NONE', base: 3000 })
})

await t.test('a log of which nothing is left in its old part', async t => {
  const dir = t.testdir()
  const { put, read, broker, partition } = await small(t, { dir, tombstoneMs: 0 })
  await put(['a', null])
  await put(['filler', 'x'.repeat(900)])
  await put(['filler', 'x'.repeat(900)])
  await put(['filler', null])
  await put(['filler', 'x'.repeat(980)])
  await put(['b', '5'])
  await put(['c', 'x'.repeat(900)])
  t.match((await read()).at(-1), /^6 c=/)
  t.equal(partition().start, 0)
  await broker.close()
  const again = await start(t, { dir, retentionBytes: 8000 })
  t.equal(again.broker.topics.partition('p', 0)?.end, 7)
})

for (const [tombstoneMs, left] of [[86_400_000, ['1 gone=null', '2 kept=2']], [0, ['2 kept=2']]] as const) {
  await t.test(`a record without value removes its key, and ${tombstoneMs === 0 ? 'goes' : 'stays for a while'}`, async t => {
    const { client, put, read } = await small(t, { tombstoneMs })
    await put(['gone', '0'])
    await produce(client, 'p', batch({ keys: ['gone'], values: [null], times: [Date.now() - 1000] }))
    await put(['kept', '2'])
    await put(['filler', 'x'.repeat(900)])
    await put(['filler', '4'])
    t.same((await read()).slice(0, left.length), left)
    t.match((await read())[left.length], /filler/)
  })
}

for (const [stamp, attributes, left] of [['its own', 0, '1 kept=1'], ['its append', 8, '0 gone=null']] as const) {
  await t.test(`a record without value is as old as the time of ${stamp} says`, async t => {
    const { client, put, read } = await small(t, { tombstoneMs: 3_600_000 })
    const now = Date.now()
    await produce(client, 'p', batch({ keys: ['gone', 'kept'], values: [null, '1'], times: [now - 7_200_000, now], attributes }))
    await put(['filler', 'x'.repeat(900)])
    await put(['filler', '3'])
    t.equal((await read())[0], left)
  })
}

await t.test('compressed records stay readable; what cannot be read, and transactions, are left alone', async t => {
  const { client, put, read, broker } = await small(t)
  const plain = batch({ keys: ['a', 'b', 'c'], values: ['0', '1', '2'] })
  const packed = batch({ keys: ['a', 'b', 'c'], values: ['0', '1', '2'], attributes: 1, body: gzipSync(plain.subarray(61)) })
  t.same(await produce(client, 'p', packed), { error: 'NONE', base: 0 })
  await put(['b', '3'])
  const { producerId, epoch } = await initProducerId(client, 'id')
  await addPartition(client, 'id', producerId, epoch, 'p')
  const within = { attributes: TRANSACTIONAL, producerId, epoch }
  await produce(client, 'p', batch({ ...within, sequence: 0, keys: ['a'], values: ['4'] }), { transactionalId: 'id' })
  await endTxn(client, 'id', producerId, epoch, false)
  await put(['filler', 'x'.repeat(900)])
  await put(['filler', '7'])
  t.same(await read(), ['0 a=0', '2 c=2', '3 b=3', '4 a=4', '6 filler=xxxxxxxxxx', '7 filler=7'])

  broker.topics.create({ name: 'odd', partitions: 1, configs: compact })
  broker.topics.partition('odd', 0)?.append(batch({ keys: ['a'], values: ['0'] }))
  const odd = batch({ keys: ['a'], values: ['1'], attributes: 7 })
  t.same(await produce(client, 'odd', odd), { error: 'NONE', base: 1 })
  await put(['filler', '8'])
  for (let n = 0; n < 20; n++) broker.topics.partition('odd', 0)?.append(batch({ keys: ['a'], values: ['x'.repeat(100)] }))
  const { records } = await fetchOne(client, 'odd')
  t.ok(records.includes(odd.subarray(61)), 'nobody knows what is in it')
})

await t.test('a producer goes on after its batches were cleaned, also over a new start', async t => {
  const dir = t.testdir()
  const { client, put, read, broker } = await small(t, { dir })
  const { producerId } = await initProducerId(client)
  const mine = (sequence: number) => batch({ keys: ['mine', `mine-${sequence}`], values: ['v', 'v'], producerId, epoch: 0, sequence })
  t.equal((await produce(client, 'p', mine(0))).error, 'NONE')
  t.equal((await produce(client, 'p', mine(2))).error, 'NONE')
  await put(['filler', 'x'.repeat(900)])
  await put(['filler', '5'])
  t.equal((await read())[0], '1 mine-0=v', 'cleaned')
  t.same(await produce(client, 'p', mine(2)), { error: 'NONE', base: 2 }, 'a repeat is known')
  t.same(await produce(client, 'p', mine(4)), { error: 'NONE', base: 6 })
  await broker.close()
  const again = await (await start(t, { dir, retentionBytes: 8000 })).connect()
  t.same(await produce(again, 'p', mine(6)), { error: 'NONE', base: 8 })
})

await t.test('a start after a crash in the midst of the cleaning', async t => {
  const dir = t.testdir()
  const { put, broker } = await small(t, { dir })
  for (let n = 0; n < 40; n++) await put([`k${n % 3}`, `${n} ${'x'.repeat(100)}`])
  const end = broker.topics.partition('p', 0)!.end
  await broker.close()
  const folder = join(dir, 'topics/p/0')
  // The cleaned segment is in its place, and one that it replaces was not removed yet; another was being written.
  writeFileSync(join(folder, '00000000000000000001.log'), batch({ baseOffset: 1, keys: ['k1'], values: ['old'] }))
  writeFileSync(join(folder, '00000000000000000000.log.new'), 'half')
  const again = await start(t, { dir, retentionBytes: 8000 })
  t.match(again.said, [/00000000000000000001\.log does not follow what was kept before it, and was removed/])
  t.notOk(existsSync(join(folder, '00000000000000000001.log')))
  t.equal(again.broker.topics.partition('p', 0)?.end, end)
  const read = await all(await again.connect(), 'p')
  t.notOk(read.some((one) => one.includes('old')))
  rmSync(join(folder, '00000000000000000000.log.new'))
})
