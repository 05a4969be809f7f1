import t from 'tap'
import { Heartbeat } from '../../src/session/heartbeat.ts'
import { given, hears } from './given.ts'

const HEARTBEAT_MS = 32_000

await t.test('each socket is pinged once a heartbeat, not all at a time', async t => {
  const { clock, connect } = given()
  const heartbeat = new Heartbeat(clock, HEARTBEAT_MS)
  const all = Array.from({ length: 64 }, () => connect())
  for (const { session } of all) heartbeat.add(session)
  heartbeat.start()
  for (let slot = 1; slot <= 32; slot++) {
    clock.advance(HEARTBEAT_MS / 32)
    t.equal(all.filter(({ peer }) => peer.said.length > 0).length, slot * 2)
  }
  t.ok(all.every(({ peer }) => peer.said.length === 1))
  heartbeat.stop()
  t.equal(clock.timers, 0)
})

await t.test('a socket of which nothing is heard for two heartbeats is ended', async t => {
  const { clock, observed, connect } = given()
  const heartbeat = new Heartbeat(clock, HEARTBEAT_MS)
  heartbeat.stop()
  const [silent, pongs, speaks] = [connect(), connect(), connect()]
  for (const { session } of [silent, pongs, speaks]) heartbeat.add(session)
  heartbeat.start()
  for (let beat = 0; beat < 4; beat++) {
    clock.advance(HEARTBEAT_MS)
    pongs.session.ponged(Buffer.alloc(0))
    speaks.publish(beat + 1)
    speaks.session.uplink.stored(beat + 1, 1, 0, beat)
  }
  hears(t, silent.peer, ['ping', 'ping', /^close 4002 heartbeat-lost/, 'terminate'])
  t.strictSame(pongs.peer.heard(), ['ping', 'ping', 'ping', 'ping'])
  t.equal(speaks.peer.heard().filter((one) => one === 'ping').length, 4)
  t.strictSame(observed, ['closed heartbeat-lost'])
})

await t.test('while it is not read its deadline stands still', async t => {
  const { clock, uplink, connect } = given()
  const heartbeat = new Heartbeat(clock, HEARTBEAT_MS)
  const { session, peer, publish } = connect()
  heartbeat.add(session)
  heartbeat.start()
  for (const id of [1, 2, 3, 4]) publish(id)
  clock.advance(5 * HEARTBEAT_MS)
  t.strictSame(peer.heard(), ['pause', 'ping', 'ping', 'ping', 'ping', 'ping'])
  uplink.store(4)
  clock.advance(2 * HEARTBEAT_MS)
  t.notOk(session.closing, 'and begins anew')
  clock.advance(HEARTBEAT_MS)
  t.ok(session.closing)
})

await t.test('while it is stalled it hears of that with each heartbeat, and before it goes not once more', async t => {
  const { connect } = given()
  const { session, peer } = connect()
  const stalled = { type: 'stalled', message: 'away' }
  session.downlink.stall('away')
  session.beat()
  session.beat()
  session.downlink.stall(undefined)
  session.ponged(Buffer.alloc(0))
  session.beat()
  session.flush()
  hears(t, peer, [stalled, stalled, 'ping', stalled, 'ping', { type: 'live' }, 'ping'])
  session.downlink.stall('away')
  session.close('draining', undefined, 7)
  hears(t, peer, [stalled, { type: 'bye' }, /^close 4000/])
})

await t.test('a ping goes out behind what came before it', async t => {
  const { clock, connect } = given()
  const { session, peer } = connect()
  session.sendText(Buffer.from('{"n":1}'))
  session.beat()
  t.strictSame(peer.heard(), [{ n: 1 }, 'ping'])
  clock.turn()
  t.equal(peer.writes, 1)
})

await t.test('who has gone is not called', async t => {
  const { clock, connect } = given()
  const heartbeat = new Heartbeat(clock, HEARTBEAT_MS)
  const { session, peer } = connect()
  const remove = heartbeat.add(session)
  heartbeat.start()
  remove()
  clock.advance(HEARTBEAT_MS)
  t.strictSame(peer.heard(), [])
})
