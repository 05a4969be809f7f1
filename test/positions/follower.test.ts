import t from 'tap'
import type { Chunk } from '../../src/log/chunk.ts'
import type { Log, TailSink } from '../../src/log/log.ts'
import { Follower } from '../../src/positions/follower.ts'
import { HeldClock } from '../flow/held-clock.ts'

const empty = (from: number): Chunk => ({ from, next: from, buffer: Buffer.alloc(0), at: 0, end: 0, aborted: [] })

await t.test('where one partition was cut off the others go on where they stood', async t => {
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
  const follower = new Follower(log, 'p', new HeldClock(), new AbortController().signal, {
    record: () => {}, clear: () => {}, missed: () => {}, anew: (partition) => anew.push(partition), warn: () => {}
  })
  await follower.start()
  const [first] = tails
  first?.sink.gap(0, 2, 1, 'truncated')
  await new Promise(setImmediate)
  t.strictSame([first?.isClosed, anew, tails[1]?.offsets], [true, [0], [2, 5]])
})
