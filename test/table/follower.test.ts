import t from 'tap'
import type { Chunk } from '../../src/log/chunk.ts'
import type { Log, TailSink } from '../../src/log/log.ts'
import { Follower } from '../../src/table/follower.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { SimulatedKafka, SimulatedLog } from './simulated-kafka.ts'

const empty = (from: number): Chunk => ({ from, next: from, buffer: Buffer.alloc(0), at: 0, end: 0, aborted: [] })

/** A follower of two partitions, and the tails that it opens. */
async function following () {
  const tails: Array<{ offsets: readonly number[], sink: TailSink, isClosed: boolean }> = []
  const log = {
    starts: async () => [2, 3],
    ends: async () => [2, 5],
    fetch: async (_topic: string, _partition: number, from: number) => empty(from),
    tail: (_topic: string, offsets: readonly number[], sink: TailSink) => {
      const tail = { offsets, sink, isClosed: false }
      tails.push(tail)
      return { close: () => { tail.isClosed = true } }
    }
  } as unknown as Log
  const anew: number[] = []
  await new Follower(log, 'p', new HeldClock(), new AbortController().signal, {
    record: () => {}, clear: () => {}, missed: () => {}, anew: (partition) => anew.push(partition), warn: () => {}
  }).start()
  return { tails, anew, cut: (partition: number) => tails[0]?.sink.gap(partition, 2, 1, 'truncated') }
}

await t.test('where one partition was cut off the others go on where they stood', async t => {
  const { tails, anew, cut } = await following()
  cut(0)
  await new Promise(setImmediate)
  t.strictSame([tails.map(({ isClosed }) => isClosed), anew, tails[1]?.offsets], [[true, false], [0], [2, 5]])
})

await t.test('where all were cut off at once all are read again, by one tail', async t => {
  const { tails, anew, cut } = await following()
  cut(0)
  cut(1)
  await new Promise(setImmediate)
  t.strictSame([tails.map(({ isClosed }) => isClosed), anew, tails[1]?.offsets], [[true, false], [0, 1], [2, 3]])
})

await t.test('a record that its reader cannot take is told and passed over, and the next one comes', async (t) => {
  const kafka = new SimulatedKafka()
  for (const key of ['bad', 'good']) kafka.store(key, null)
  const shown: string[] = []
  const missed: number[] = []
  const said: string[] = []
  await new Follower(new SimulatedLog(kafka).log, 'p', new HeldClock(), new AbortController().signal, {
    record: (record) => {
      if (record.asciiKey() === 'bad') throw new RangeError('a header has no name')
      shown.push(record.asciiKey())
    },
    clear: () => {},
    missed: (partition) => missed.push(partition),
    anew: () => {},
    warn: (_facts, sentence) => said.push(sentence)
  }).start()
  t.strictSame([shown, missed, said], [['good'], [0], ['Records of p/0 from offset 0 to 0 cannot be decoded and were passed over: a header has no name.']])
})
