import t from 'tap'
import { Answers } from '../../src/access/answers.ts'
import { HeldClock } from '../flow/held-clock.ts'

await t.test('an answer is fresh for a while, and stays the last one until what it allowed ends', async (t) => {
  const clock = new HeldClock()
  const answers = new Answers(clock, 1_000)
  const long = { device: 'a' }
  const short = { device: 'b', expiresMs: clock.now() + 500 }
  answers.add('a', long)
  answers.add('b', short)
  t.same([answers.fresh('a'), answers.fresh('b'), answers.fresh('c')], [long, short, undefined])
  clock.advance(500)
  t.same([answers.fresh('a'), answers.fresh('b'), answers.last('b')], [long, undefined, undefined])
  clock.advance(500)
  t.same([answers.fresh('a'), answers.last('a')], [undefined, long])
  answers.add('a', long)
  t.equal(answers.fresh('a'), long, 'from when it was given last')
  answers.delete('a')
  t.equal(answers.last('a'), undefined)
  const none = new Answers(clock, 0)
  none.add('a', long)
  t.equal(none.fresh('a'), undefined)
})

await t.test('of too many the one goes that was wanted least lately', async (t) => {
  const answers = new Answers(new HeldClock(), 1_000, 2)
  answers.add('a', { device: 'a' })
  answers.add('b', { device: 'b' })
  answers.fresh('a')
  answers.add('c', { device: 'c' })
  t.same(['a', 'b', 'c'].map((key) => answers.last(key)?.device), ['a', undefined, 'c'])
})
