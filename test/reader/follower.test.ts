import t, { type Test } from 'tap'
import type { Chunk } from '../../src/log/chunk.ts'
import type { Log, TailSink } from '../../src/log/log.ts'
import { formatCursor } from '../../src/protocol/cursor.ts'
import type { Since } from '../../src/protocol/since.ts'
import type { Partitioner } from '../../src/reader/home.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { Session } from '../../src/session/session.ts'
import { given as givenSessions, LIMITS, type RecordingPeer } from '../session/given.ts'
import { HeldPartition } from './held-partition.ts'

const nobody = { record: () => {}, undecodable: () => {}, gap: () => {} }

/** Sessions of the device `a` that follow a topic whose partitions a test holds. */
async function given (...parts: HeldPartition[]) { return await givenBy('any', ...parts) }

async function givenBy (partitioner: Partitioner, ...parts: HeldPartition[]) {
  const { clock, context, connect } = givenSessions()
  /** The times that were looked up. */
  const timesMs: number[] = []
  let sink: TailSink | undefined
  const log = {
    cluster: 'c',
    ends: async () => parts.map(({ end }) => end),
    starts: async () => parts.map(({ start }) => start),
    offsetsAt: async (_topic: string, timeMs: number) => {
      timesMs.push(timeMs)
      return parts.map(() => 0)
    },
    fetch: (topic: string, partition: number, offset: number) => (parts[partition] as HeldPartition).log.fetch(topic, partition, offset),
    tail: (_topic: string, _offsets: number[], its: TailSink) => {
      sink = its
      return { lag: () => [], look: async () => {}, close: () => {} }
    }
  } as unknown as Log
  const settle = async (rounds = 15): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      clock.turn()
      clock.advance(1_000)
      for (const { asked } of parts) for (const one of asked.splice(0)) one.answer()
      await new Promise(setImmediate)
    }
  }
  const reader = new Reader(log, clock, { topic: 't', partitioner, historyBytes: 0 }, nobody)
  const starting = reader.start()
  await settle()
  await starting
  context.follow = (session) => reader.follow(session)
  const open = (since: Since | Promise<Since>): { session: Session, peer: RecordingPeer } => {
    const { session, peer } = connect({ device: 'a' })
    session.greet(since)
    return { session, peer }
  }
  return { clock, reader, timesMs, settle, open, grow: (part: HeldPartition) => { sink?.grown?.(parts.push(part)) }, tail: (partition: number, chunk: Chunk) => { sink?.chunk(partition, chunk) } }
}

function filled (batches: number, keys = ['a', 'b']): HeldPartition {
  const held = new HeldPartition()
  for (let n = 0; n < batches; n++) held.append(keys)
  return held
}

/** What the peer was told since it was asked last, without cursors: the types of the frames, and the data of messages. */
function told (peer: RecordingPeer): unknown[] {
  return (peer.heard() as Array<{ type: string, data?: number, reason?: string }>).map(({ type, data, reason }) => data ?? reason ?? type)
}

await t.test('a session that ends on the way is given nothing more, and nothing more is read for it', async (t: Test) => {
  const held = filled(30)
  const { clock, settle, open } = await given(held)
  const { session, peer } = open({ kind: 'earliest' })
  const { fetches } = held
  while (held.fetches === fetches) {
    clock.turn()
    clock.advance(1_000)
    await new Promise(setImmediate)
  }
  held.asked.shift()?.answer()
  for (let n = 0; n < 3; n++) {
    await new Promise(setImmediate)
    clock.turn()
  }
  t.strictSame(told(peer), ['welcome', 0, 2, 4])
  session.ended()
  const read = held.fetches
  await settle()
  t.strictSame([told(peer), held.fetches], [[], read])
})

await t.test('a session that took no more goes on when it has taken all, but not when it is closed', async (t: Test) => {
  const held = filled(30)
  const { settle, open } = await given(held)
  const [slow, closed] = [open({ kind: 'earliest' }), open({ kind: 'earliest' })]
  for (const { peer } of [slow, closed]) peer.waitingBytes = LIMITS.outboxBytes
  await settle()
  const { fetches } = held
  await settle()
  t.equal(held.fetches, fetches, 'nothing is read for who takes nothing')
  closed.session.terminate()
  closed.peer.drain()
  await settle()
  t.equal(held.fetches, fetches)
  slow.peer.drain()
  await settle(40)
  const heard = told(slow.peer)
  t.strictSame([heard.at(0), heard.at(-1)], ['welcome', 'live'])
  t.strictSame(heard.slice(1, -1), held.offsetsOf('a'))
})

await t.test('one that ends before it is known where it begins is never begun', async (t: Test) => {
  const held = filled(3)
  const { settle, open } = await given(held)
  const { session, peer } = open({ kind: 'earliest' })
  const { fetches } = held
  session.ended()
  await settle()
  t.strictSame([told(peer), held.fetches], [[], fetches])
})

await t.test('records that cannot be decoded are told to a session on the way (G5)', async (t: Test) => {
  const held = filled(4, ['a'])
  held.batches[1]?.bytes.writeUInt8(0xff, 65)
  const { settle, open } = await given(held)
  const { peer } = open({ kind: 'earliest' })
  await settle()
  t.strictSame(told(peer), ['welcome', 0, 'undecodable', 2, 3, 'live'])
})

await t.test('a cursor of another cluster that had other partitions: a gap, and everything by time (G5)', async (t: Test) => {
  const { settle, open, reader, timesMs } = await given(filled(2, ['a']), filled(1, ['a']))
  const batchMs = 1_700_000_000_000
  const { peer, session } = open({ kind: 'cursor', cursor: { cluster: 'elsewhere', partitions: 3, places: [{ partition: 2, offset: 70, batchMs, epoch: 0 }] } })
  await settle()
  const [welcome, gap, ...rest] = told(peer)
  t.strictSame([welcome, gap, rest.pop()], ['welcome', 'cluster', 'live'])
  t.strictSame(rest.sort(), [0, 0, 1])
  t.strictSame(timesMs, [batchMs - 60_000], 'less an overlap: clocks differ')
  t.equal(session.downlink.following.cursor(), formatCursor(reader.cluster, 2, reader.all.map(({ place }) => place)))
})

await t.test('a time is sought in every partition, wherever the device is at home now', async (t: Test) => {
  const { settle, open, timesMs } = await givenBy('murmur2', filled(1, ['a']), filled(1, ['a']), filled(1, ['b']))
  const { peer } = open({ kind: 'time', timeMs: 1_700_000_000_000 })
  await settle()
  t.strictSame(told(peer).filter((one) => typeof one === 'number'), [0, 0])
  t.strictSame(timesMs, [1_700_000_000_000])
})

await t.test('a partition that is added while it is looked up where to begin is read from its first record on', async (t: Test) => {
  const { settle, open, grow, tail } = await given(filled(1))
  let begin = (_since: Since): void => {}
  const { peer } = open(new Promise((resolve) => { begin = resolve }))
  const added = filled(2, ['a'])
  grow(added)
  tail(1, added.chunk(0, 2))
  await settle()
  t.strictSame(told(peer), ['welcome'])
  begin({ kind: 'live' })
  await settle()
  t.strictSame(told(peer), [0, 1, 'live'])
})
