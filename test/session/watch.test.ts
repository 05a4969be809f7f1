import t from 'tap'
import { Watchers } from '../../src/hub/watchers.ts'
import { given } from './given.ts'

const watch = (device: string): Buffer => Buffer.from(`{"type":"watch","device":"${device}"}`)
const unwatch = (device: string): Buffer => Buffer.from(`{"type":"unwatch","device":"${device}"}`)
const settled = () => new Promise(setImmediate)

await t.test('each watch and unwatch is answered with the whole list, and watches that come together at once', async t => {
  const { clock, connect } = given({ watchers: new Watchers(async () => () => {}) })
  const { session, peer } = connect()
  for (const device of ['a', 'b', 'a', '*']) session.receive(watch(device), false)
  await settled()
  clock.turn()
  t.strictSame(peer.heard(), [{ type: 'watching', devices: ['a', 'b', '*'] }])
  for (const device of ['b', 'never', 'a', '*', '*']) session.receive(unwatch(device), false)
  clock.turn()
  t.strictSame(peer.heard(), [['a', '*'], ['a', '*'], ['*'], [], []].map((devices) => ({ type: 'watching', devices })))
})

await t.test('one entry too many closes', async t => {
  const { connect } = given({ watchers: new Watchers(async () => () => {}) })
  const { session, peer } = connect()
  for (let n = 0; n < 100; n++) session.receive(watch(`d${n}`), false)
  t.notOk(session.closing)
  session.receive(watch('d100'), false)
  t.strictSame(peer.heard(), ['close 4504 bad-watch: One socket watches at most 100 entries.'])
})

await t.test('a following that fails, as when the instance goes away, harms nobody', async t => {
  const { clock, connect } = given({ watchers: new Watchers(() => Promise.reject(new Error('closing'))) })
  const { session, peer } = connect()
  session.receive(watch('a'), false)
  await settled()
  session.ended()
  await settled()
  clock.turn()
  t.strictSame(peer.heard(), [])
})
