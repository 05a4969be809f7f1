import t from 'tap'
import { AtOnce } from '../../src/access/at-once.ts'

const never = new AbortController().signal
const soon = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

await t.test('so many at once, the others in the order in which they came', async (t) => {
  const lane = new AtOnce(2)
  const went: number[] = []
  const ends: Array<() => void> = []
  const all = Promise.all([0, 1, 2, 3, 4].map((n) => lane.run(never, async () => {
    went.push(n)
    await new Promise<void>((resolve) => { ends[n] = resolve })
  })))
  await soon()
  t.same(went, [0, 1])
  ends[1]!()
  await soon()
  t.same(went, [0, 1, 2])
  ends[0]!()
  ends[2]!()
  await soon()
  t.same(went, [0, 1, 2, 3, 4])
  ends[3]!()
  ends[4]!()
  await all
  t.equal(await lane.run(never, async () => 7), 7, 'and room is there again')
})

await t.test('who fails makes room; who has waited too long leaves the line', async (t) => {
  const lane = new AtOnce(1)
  const controller = new AbortController()
  let fail: (error: Error) => void = () => {}
  const first = lane.run(never, () => new Promise((_resolve, reject) => { fail = reject }))
  const given = lane.run(controller.signal, async () => t.fail('it has left'))
  const last = lane.run(never, async () => 'last')
  controller.abort(new Error('too long'))
  await t.rejects(given, { message: 'too long' })
  fail(new Error('failed'))
  await t.rejects(first, { message: 'failed' })
  t.equal(await last, 'last')
  await t.rejects(lane.run(controller.signal, async () => t.fail('it never came')), { message: 'too long' })
})
