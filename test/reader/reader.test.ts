import t from 'tap'
import type { Log, TailSink } from '../../src/log/log.ts'
import { Lookups } from '../../src/reader/lookups.ts'
import { Reader } from '../../src/reader/reader.ts'
import { HeldClock } from '../session/given.ts'

/** A Kafka of two empty partitions that answers when it is told to. */
function heldLog () {
  const asked: string[] = []
  let away = false
  let sink: TailSink | undefined
  const ask = async <T>(what: string, answer: T): Promise<T> => {
    asked.push(what)
    await Promise.resolve()
    if (away) throw new Error('away')
    return answer
  }
  const log = {
    cluster: 'c',
    ends: () => ask('ends', [0, 0]),
    starts: () => ask('starts', [0, 0]),
    offsetsAt: (_topic: string, timeMs: number) => ask(`at ${timeMs}`, [7, 8]),
    tail: (_topic: string, _offsets: number[], its: TailSink) => {
      sink = its
      return { lag: () => [3, 4], look: () => ask('look', undefined), close: () => { asked.push('closed') } }
    }
  } as unknown as Log
  return { log, asked, heard: () => asked.splice(0), goAway: (is: boolean) => { away = is }, grow: (count: number) => sink?.grown?.(count) }
}

const settled = async (clock: HeldClock): Promise<void> => {
  for (let n = 0; n < 5; n++) {
    clock.advance(250)
    await new Promise(setImmediate)
  }
}

await t.test('those who ask for nearly the same time share an answer', async t => {
  const clock = new HeldClock()
  const { log, heard } = heldLog()
  const lookups = new Lookups(log, clock, 't', new AbortController().signal)
  t.strictSame(await Promise.all([lookups.at(5_000), lookups.at(5_900), lookups.at(6_000), lookups.starts(), lookups.starts()]), [[7, 8], [7, 8], [7, 8], [0, 0], [0, 0]])
  t.strictSame(heard(), ['at 5000', 'at 6000', 'starts'])
  await lookups.at(clock.now() + 1_000_000)
  t.match(heard(), [`at ${clock.now()}`], 'what is to come is now')
})

await t.test('while Kafka is away one asks for all', async t => {
  const clock = new HeldClock()
  const { log, heard, goAway } = heldLog()
  const closing = new AbortController()
  const lookups = new Lookups(log, clock, 't', closing.signal)
  goAway(true)
  const answers = [1, 2, 3].map((s) => lookups.at(s * 1_000))
  await settled(clock)
  t.strictSame(heard().filter((one) => one !== 'ends'), ['at 1000', 'at 2000', 'at 3000'])
  await settled(clock)
  const again = heard().length
  t.ok(again > 0 && again <= 6, `${again} times in a second`)
  goAway(false)
  await settled(clock)
  t.strictSame(await Promise.all(answers), [[7, 8], [7, 8], [7, 8]])
  goAway(true)
  void lookups.starts().then(() => t.fail('it never settles when the gateway goes away'))
  closing.abort()
  await settled(clock)
})

await t.test('the topic is looked at once for all who come, and while Kafka is away one look at a time', async t => {
  const clock = new HeldClock()
  const { log, heard, goAway, grow } = heldLog()
  const reader = new Reader(log, clock, { topic: 't', partitioner: 'any', historyBytes: 0 }, { record: () => {}, undecodable: () => {}, gap: () => {} })
  goAway(true)
  const starting = reader.start()
  await settled(clock)
  goAway(false)
  await settled(clock)
  await starting
  t.strictSame([...new Set(heard())], ['ends'])
  t.strictSame([reader.lag, reader.announced, reader.all.length, reader.fetches, reader.fetchedBytes], [[3, 4], 2, 2, 0, 0])

  await Promise.all([reader.fresh(), reader.fresh()])
  t.strictSame(heard(), ['look'])
  goAway(true)
  clock.advance(1_000)
  const waiting = Array.from({ length: 50 }, () => {
    clock.advance(100)
    return reader.fresh()
  })
  await settled(clock)
  const looks = heard().length
  t.ok(looks > 0 && looks <= 6, `${looks} looks, not one loop for each`)
  goAway(false)
  await settled(clock)
  await Promise.all(waiting)

  let rehomed = 0
  reader.onRehome = () => { rehomed++ }
  grow(3)
  grow(5)
  t.strictSame([reader.all.length, reader.announced], [5, 2], 'producers have not learnt of it yet')
  clock.advance(600_000)
  t.strictSame([reader.announced, rehomed], [5, 1])
  t.equal(reader.homesOf(Buffer.from('d')).length, 5)
  reader.close()
  t.equal(heard().at(-1), 'closed')
  t.equal(clock.timers, 0)
})
