import t from 'tap'
import { Losses } from '../../src/hub/losses.ts'
import { UplinkFeed } from '../../src/hub/uplink-feed.ts'
import type { Log, TailSink } from '../../src/log/log.ts'
import { HeldClock } from '../session/given.ts'

await t.test('whoever watches: what is gone from under the tail is told to the operator, and the reading goes on behind it', async t => {
  const said: string[] = []
  const offsets: Array<readonly number[]> = []
  let sink: TailSink | undefined
  let closed = 0
  const log = {
    ends: async () => [5, 7],
    tail: (_topic: string, from: readonly number[], to: TailSink) => {
      offsets.push(from)
      sink = to
      return { lag: () => [], look: async () => {}, close: () => { closed++ } }
    }
  } as unknown as Log
  const clock = new HeldClock()
  const feed = new UplinkFeed(log, clock, 'up', new Losses({ warn: (_facts, sentence) => { said.push(sentence) } }))
  const unfollow = await feed.follow(() => {})
  t.strictSame(offsets, [[5, 7]])
  sink?.gap(0, 5, 9, 'retention')
  sink?.gap(1, 7, 2, 'truncated')
  t.strictSame(said, [
    'Records of up/0 from offset 5 on are gone: retention passed it. Reading goes on at 9.',
    'Records of up/1 from offset 7 on are gone: the topic was truncated or made anew. Reading goes on at 2.'
  ])
  unfollow()
  t.equal(closed, 0, 'a page that is loaded again finds it still there')
  clock.advance(60_000)
  t.equal(closed, 1)
  feed.close()
})
