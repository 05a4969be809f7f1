import t from 'tap'
import { Position } from '../../src/log/kafka/position.ts'
import { HeldClock } from '../session/given.ts'
import { Collector } from './given.ts'

await t.test('a transaction that stays open stalls its partition; one after the other, each of them short, do not', async t => {
  const clock = new HeldClock()
  const position = new Position(clock, 't', 0, new Collector(), 10)
  const answer = (lastStable: number): void => {
    clock.advance(500)
    position.offset = lastStable // all that may be read is handed on, and behind it there is always another transaction
    position.moved(lastStable + 3, lastStable)
  }
  for (let n = 0; n < 30; n++) answer(10 + n * 3)
  t.equal(position.stall, undefined, 'it moves')
  for (let n = 0; n < 12; n++) answer(100)
  t.match(position.stall, { topic: 't', partition: 0, reason: 't/0 is not read: a producer\'s open transaction holds back what is behind it' })
  answer(103)
  t.equal(position.stall, undefined)
})

await t.test('behind trouble what was brought last is read again, but not where compaction may have changed it', async t => {
  for (const isCompacted of [false, true]) {
    const position = new Position(new HeldClock(), 't', 0, new Collector(), 10, isCompacted)
    position.trouble = 'away'
    t.equal(position.from, 10, 'nothing was brought')
    position.brought(12, { batchMs: 1, epoch: 2 })
    t.equal(position.from, 12)
    position.trouble = 'away'
    t.equal(position.from, isCompacted ? 12 : 11)
    position.jump(5)
    t.equal(position.from, 5)
  }
})
