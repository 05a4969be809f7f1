import t from 'tap'
import { Watchers, type Follow } from '../../src/hub/watchers.ts'
import { given, hears } from '../session/given.ts'
import { withRecord, type Fields } from './records.ts'

/** A following whose start a test lets come. */
function start () {
  const followings: Array<{ record: Parameters<Follow>[0], started: () => void, stopped: number }> = []
  const watchers = new Watchers((record) => new Promise((resolve) => {
    const following = { record, stopped: 0, started: () => resolve(() => { following.stopped += 1 }) }
    followings.push(following)
  }))
  const { clock, connect } = given({ watchers })
  const uplink = (fields: Fields, which = followings.length - 1): void => {
    withRecord(fields, (record) => followings[which]?.record(0, record))
    clock.turn()
  }
  return { watchers, followings, uplink, connect }
}

const settled = () => new Promise(setImmediate)

await t.test('the uplink is followed while somebody watches, and answered once it is', async t => {
  const { watchers, followings, connect } = start()
  const [{ session: one }, { session: two }] = [connect(), connect()]
  t.equal(followings.length, 0)
  const answers: string[] = []
  const first = watchers.watch(one, 'a').then((devices) => answers.push(`one ${devices.join()}`))
  const second = watchers.watch(two, '*').then((devices) => answers.push(`two ${devices.join()}`))
  await settled()
  t.strictSame(answers, [])
  followings[0]?.started()
  await Promise.all([first, second])
  t.strictSame([answers, followings.length], [['one a', 'two *'], 1])
  watchers.unwatch(one, 'a')
  watchers.forget(one)
  await settled()
  t.equal(followings[0]?.stopped, 0)
  watchers.forget(two)
  await settled()
  t.equal(followings[0]?.stopped, 1)
  void watchers.watch(one, 'a')
  t.equal(followings.length, 2, 'and followed anew')
})

await t.test('a following that nobody wants any more when it starts is stopped', async t => {
  const { watchers, followings, connect } = start()
  const { session } = connect()
  const answer = watchers.watch(session, 'a')
  t.strictSame(watchers.unwatch(session, 'a'), [])
  followings[0]?.started()
  await answer
  await settled()
  t.equal(followings[0]?.stopped, 1)
})

await t.test('each record once, to those who watch its device', async t => {
  const { watchers, uplink, connect } = start()
  const [all, one, both, none] = [connect(), connect(), connect(), connect()]
  void watchers.watch(all.session, '*')
  void watchers.watch(one.session, 'a')
  for (const device of ['a', '*', 'b']) void watchers.watch(both.session, device)
  t.strictSame([all, one, both, none].map(({ session }) => watchers.watched(session).length), [1, 1, 3, 0])
  uplink({ key: 'a', value: '{"c":1}', headers: { event: 'e' } })
  uplink({ key: 'c', value: null })
  uplink({ key: '' })
  uplink({ key: null })
  const a = { type: 'message', device: 'a', event: 'e', data: { c: 1 } }
  const c = { type: 'message', device: 'c' }
  for (const [{ peer }, expected] of [[all, [a, c]], [one, [a]], [both, [a, c]], [none, []]] as const) hears(t, peer, [...expected])
})

await t.test('who no longer watches hears no more', async t => {
  const { watchers, uplink, connect } = start()
  const [one, two] = [connect(), connect()]
  for (const device of ['a', 'b']) void watchers.watch(one.session, device)
  void watchers.watch(two.session, 'a')
  watchers.unwatch(one.session, 'a')
  uplink({ key: 'a' })
  uplink({ key: 'b' })
  hears(t, one.peer, [{ device: 'b' }])
  hears(t, two.peer, [{ device: 'a' }])
  watchers.unwatch(one.session, 'b')
  watchers.unwatch(one.session, 'b')
  uplink({ key: 'b' })
  t.strictSame(one.peer.heard(), [])
})

await t.test('what a following that was stopped still brings is not sent twice', async t => {
  const { watchers, followings, uplink, connect } = start()
  const { session, peer } = connect()
  void watchers.watch(session, 'a')
  watchers.unwatch(session, 'a')
  void watchers.watch(session, 'a')
  t.equal(followings.length, 2)
  uplink({ key: 'a' }, 0)
  uplink({ key: 'a' }, 1)
  t.equal(peer.heard().length, 1)
})
