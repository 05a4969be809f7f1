import t from 'tap'
import { given, hears } from './given.ts'

const TWO_FRAMES = { framesPerSecond: 4, bytesPerSecond: 0, burstMs: 1000 }

await t.test('over its rate a socket is not read until that is paid; what has come is taken', async t => {
  const { clock, quotas, observed, uplink, connect } = given()
  quotas.set('default', TWO_FRAMES)
  const { session, peer, publish } = connect()
  publish(1)
  publish(2)
  hears(t, peer, [])
  publish(3)
  hears(t, peer, ['pause'])
  t.same(uplink.appended.map(({ id }) => id), [1, 2, 3])
  t.same(observed, ['limited rate'])
  uplink.store(3)
  clock.turn()
  hears(t, peer, [{ type: 'ack', id: 3 }])
  t.ok(session.isPaused, 'nothing of it is in flight, and still it is not read')
  clock.advance(260)
  hears(t, peer, ['resume'])
})

await t.test('who has too much in flight when his rate is paid is read when that is answered', async t => {
  const { clock, quotas, uplink, connect } = given()
  quotas.set('default', { framesPerSecond: 6, bytesPerSecond: 0, burstMs: 1000 })
  const { peer, publish } = connect()
  for (const id of [1, 2, 3, 4]) publish(id)
  hears(t, peer, ['pause'])
  clock.advance(1000)
  hears(t, peer, [])
  uplink.store(4)
  hears(t, peer, ['resume'])
})

await t.test('pings and pongs count', async t => {
  const { quotas, connect } = given()
  quotas.set('default', TWO_FRAMES)
  const { session, peer } = connect()
  session.pinged(Buffer.from('a'))
  session.ponged(Buffer.from('b'))
  hears(t, peer, ['pong a'])
  session.pinged(Buffer.from('c'))
  hears(t, peer, ['pause', 'pong c'])
  session.close('draining')
  session.ponged(Buffer.from('d'))
})

await t.test('a device that comes back at once waits for what its last socket sent, and one that has gone is not looked at', async t => {
  const { clock, quotas, connect } = given()
  quotas.set('default', TWO_FRAMES)
  const first = connect()
  for (const id of [1, 2, 3]) first.publish(id)
  first.session.ended()
  const { session, peer } = connect()
  session.greet({ kind: 'live' })
  hears(t, peer, ['pause'])
  clock.advance(260)
  t.match(peer.heard().at(-1), 'resume')
  t.match(first.peer.heard(), ['pause'])
})

await t.test('a hushed socket is not read again when its rate is paid', async t => {
  const { clock, quotas, connect } = given()
  quotas.set('default', TWO_FRAMES)
  const { session, peer, publish } = connect()
  for (const id of [1, 2, 3]) publish(id)
  session.hush()
  clock.advance(1000)
  t.notOk(peer.heard().includes('resume'))
})
