import t from 'tap'
import { firstAnswer } from '../../src/log/kafka/first-answer.ts'
import { HeldClock } from '../session/given.ts'

const settled = (): Promise<void> => new Promise(setImmediate)

/** Asks whose answers the test gives. */
function asks (count: number) {
  const asked: Array<{ answer: (text: string) => void, fail: (error: Error) => void }> = []
  return { asked, list: Array.from({ length: count }, () => () => new Promise<string>((resolve, reject) => { asked.push({ answer: resolve, fail: reject }) })) }
}

await t.test('who does not answer soon is passed over, and may still answer first', async t => {
  const clock = new HeldClock()
  const { asked, list } = asks(3)
  const answer = firstAnswer(clock, 250, list)
  t.equal(asked.length, 1)
  clock.advance(250)
  t.equal(asked.length, 2)
  asked[0]?.answer('the first')
  t.equal(await answer, 'the first')
  t.equal(clock.timers, 0)
  asked[1]?.fail(new Error('too late'))
  await settled()
  t.equal(asked.length, 2)
})

await t.test('a failure makes the next be asked at once, and when all have failed the last says why', async t => {
  const clock = new HeldClock()
  const { asked, list } = asks(3)
  const answer = firstAnswer(clock, 250, list)
  asked[0]?.fail(new Error('refused'))
  await settled()
  t.equal(asked.length, 2)
  clock.advance(500)
  t.equal(asked.length, 3)
  asked[2]?.fail(new Error('refused, too'))
  await settled()
  asked[1]?.fail(new Error('timed out'))
  await t.rejects(answer, { message: 'timed out' })
  t.equal(clock.timers, 0)
})
