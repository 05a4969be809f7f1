import t from 'tap'
import { LogError, type Fetched, type Log, type TailSink } from '../../src/log/log.ts'
import { Follower } from '../../src/table/follower.ts'
import { HeldClock } from '../flow/held-clock.ts'
import { kafkajsBatch, plain } from '../wire/batches.ts'
import { SimulatedKafka, SimulatedLog } from './simulated-kafka.ts'

const empty = (from: number, readable = Infinity): Fetched => ({ from, next: from, buffer: Buffer.alloc(0), at: 0, end: 0, aborted: [], readable })

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

/** One partition with records at 0 and 1; each fetch is answered by the first of `answers` that is left, then well. */
async function reading (answers: Array<(from: number) => Fetched>) {
  const asked: number[] = []
  const shown: string[] = []
  const batches = [await kafkajsBatch([plain('p0', 'k')], { baseOffset: 0 }), await kafkajsBatch([plain('p1', 'k')], { baseOffset: 1 })]
  const well = (from: number): Fetched => {
    const buffer = batches[from] as Buffer
    return { from, next: from + 1, buffer, at: 0, end: buffer.length, aborted: [], readable: 2 }
  }
  const clock = new HeldClock()
  let tailedFrom: readonly number[] = []
  const log = {
    starts: async () => [0],
    ends: async () => [2],
    fetch: async (_topic: string, _partition: number, from: number) => {
      asked.push(from)
      return (answers.shift() ?? well)(from)
    },
    tail: (_topic: string, offsets: readonly number[]) => {
      tailedFrom = offsets
      return { close: () => {} }
    }
  } as unknown as Log
  const closing = new AbortController()
  const started = new Follower(log, 'p', clock, closing.signal, {
    record: (record) => shown.push(String(record.value())), clear: () => shown.push('clear'), missed: () => {}, anew: () => {}, warn: () => {}
  }).start()
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 50; turns++) {
      await new Promise(setImmediate)
      clock.advance(250)
    }
  }
  return { asked, shown, settle, started, closing, tailedFrom: () => tailedFrom }
}

await t.test('a broker that is a little behind is asked again: what it does not show yet is not left out', async t => {
  const { asked, shown, settle, tailedFrom } = await reading([(from) => ({ ...empty(from), readable: 0 })])
  await settle()
  t.strictSame([asked, shown, tailedFrom()], [[0, 0, 1], ['clear', 'p0', 'p1'], [2]])
})

await t.test('a hole behind the last record is one', async t => {
  const { settle, shown, tailedFrom } = await reading([(from) => empty(from, 2)])
  await settle()
  t.strictSame([shown, tailedFrom()], [['clear'], [2]])
})

await t.test('a fetch that fails is made again, and what was read is not read anew; where the topic was cut off all is', async t => {
  const failing = (code: 'unreachable' | 'offset-gone') => (): never => { throw new LogError(code, code) }
  const once = await reading([failing('unreachable')])
  await once.settle()
  t.strictSame([once.asked, once.shown], [[0, 0, 1], ['clear', 'p0', 'p1']])
  const anew = await reading([(from) => ({ ...empty(from), readable: 0 }), failing('offset-gone')])
  await anew.settle()
  t.strictSame([anew.asked, anew.shown], [[0, 0, 0, 1], ['clear', 'clear', 'p0', 'p1']])
})

await t.test('the gateway goes away while a broker is behind', async t => {
  const { settle, started, closing, tailedFrom } = await reading(Array.from({ length: 5 }, () => (from: number) => ({ ...empty(from), readable: 0 })))
  await new Promise(setImmediate)
  closing.abort()
  await settle()
  await started.catch(() => {}) // with Kafka's last word, or none
  t.strictSame(tailedFrom(), [])
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
