import t from 'tap'
import { refusals } from '../../src/protocol/refusals.ts'
import { homePartition } from '../../src/wire/murmur2.ts'
import { given, LIMITS, hears } from './given.ts'

const refusal = (id: number, code: keyof typeof refusals) => ({ type: 'refused', id, code, temporary: refusals[code].temporary, outcome: refusals[code].outcome })

await t.test('the first frame tells who the device is taken for, and its limits', async t => {
  const { clock, connect } = given()
  const { session, peer } = connect()
  session.greet({ kind: 'live' })
  clock.turn()
  const { heartbeatMs, ...limits } = LIMITS
  t.strictSame(peer.heard(), [{ type: 'welcome', device: 'sensor-1', session: session.id, resuming: false, storage: 'memory', heartbeatMs, limits }])
  t.match(session.id, /^[\w-]{16}$/)
  t.not(connect().session.id, session.id)
})

await t.test('a session that was asked for is the one that is told, and that stands in the records', async t => {
  const { clock, uplink, connect } = given()
  const { session, peer, publish } = connect({ session: 'boot-7_x' })
  session.greet({ kind: 'live' })
  publish(41)
  clock.turn()
  hears(t, peer, [{ type: 'welcome', session: 'boot-7_x' }])
  t.strictSame(uplink.appended[0]?.headers, { 'sluice-id': 'boot-7_x:41' })
})

await t.test('a publish becomes a record of its device\'s home', async t => {
  const { uplink, connect } = given()
  const { session } = connect()
  session.receive(Buffer.from('{"type":"publish","id":3,"event":"alarm","data":{"c": 99.0}}'), false)
  session.receive(Buffer.from('{"type":"publish","id":9,"base64":"AP8="}'), false)
  const home = homePartition(Buffer.from('sensor-1'), 6)
  t.match(uplink.appended, [
    { partition: home, key: 'sensor-1', value: '{"c": 99.0}', headers: { 'sluice-id': `${session.id}:3`, event: 'alarm' }, id: 3 },
    { partition: home, value: '\0\xff', headers: { 'sluice-id': `${session.id}:9`, 'content-type': 'application/octet-stream' }, id: 9 }
  ])
})

await t.test('one ack a turn, for all', async t => {
  const { clock, uplink, connect } = given()
  const { peer, publish } = connect()
  for (const id of [1, 2, 5]) publish(id)
  uplink.store(2)
  uplink.store()
  t.strictSame(peer.heard(), [], 'not before the turn ends')
  clock.turn()
  hears(t, peer, [{ type: 'ack', id: 5, offset: 103 }])
  publish(6)
  uplink.store()
  clock.turn()
  hears(t, peer, [{ type: 'ack', id: 6 }])
  t.equal(peer.writes, 2)
})

await t.test('ids rise', async t => {
  const { clock, observed, connect } = given()
  const { peer, publish } = connect()
  for (const id of [5, 5, 4, 6]) publish(id)
  clock.turn()
  hears(t, peer, [refusal(5, 'id-not-rising'), refusal(4, 'id-not-rising')])
  t.strictSame(observed, ['refused id-not-rising', 'refused id-not-rising'])
})

await t.test('a refusal that is final holds back nothing', async t => {
  const { clock, uplink, connect } = given()
  const { session, peer, publish } = connect()
  publish(1)
  publish(2)
  uplink.fail(1, 'record-too-large', 'MESSAGE_TOO_LARGE')
  session.receive(Buffer.from('{"type":"publish","id":3}'), false)
  uplink.store()
  clock.turn()
  hears(t, peer, [
    { ...refusal(1, 'record-too-large'), message: 'Kafka takes no record of this size in the topic. Kafka said: MESSAGE_TOO_LARGE.' },
    { ...refusal(3, 'bad-field'), message: 'A publish has exactly one of data and base64.' },
    { type: 'ack', id: 2 }
  ])
})

await t.test('a refused id is told before the ack that would cover it', async t => {
  const { clock, uplink, connect } = given()
  const { peer, publish } = connect()
  for (const id of [1, 2, 3]) publish(id)
  uplink.store()
  uplink.fail(1, 'kafka-refused')
  uplink.store()
  clock.turn()
  hears(t, peer, [refusal(2, 'kafka-refused'), { type: 'ack', id: 3 }])
})

await t.test('after a refusal for now all later ids wait for that one', async t => {
  const { clock, uplink, connect } = given()
  const { peer, publish } = connect()
  for (const id of [1, 2, 3]) publish(id)
  uplink.fail(1, 'outcome-unknown')
  uplink.fail(1, 'outcome-unknown')
  uplink.fail(1, 'kafka-away')
  publish(4)
  clock.turn()
  hears(t, peer, [refusal(1, 'outcome-unknown'), refusal(2, 'outcome-unknown'), refusal(3, 'earlier-refused'), refusal(4, 'earlier-refused')])
  publish(2)
  publish(1)
  publish(2)
  publish(3)
  t.equal(uplink.waiting.length, 3)
  uplink.store(3)
  clock.turn()
  hears(t, peer, [refusal(2, 'earlier-refused'), { type: 'ack', id: 3 }])
})

await t.test('an id before the one that is waited for does not rise', async t => {
  const { clock, uplink, connect } = given()
  const { peer, publish } = connect()
  publish(1)
  uplink.store()
  publish(5)
  uplink.fail(1, 'kafka-away')
  publish(3)
  clock.turn()
  hears(t, peer, [refusal(5, 'kafka-away'), refusal(3, 'id-not-rising'), { type: 'ack', id: 1 }])
})

await t.test('a log that is full refuses for now; what came before it may still fail, and is then waited for', async t => {
  const { clock, uplink, observed, connect } = given()
  const { peer, publish } = connect()
  publish(5)
  uplink.full = true
  publish(6)
  uplink.fail(1, 'kafka-away')
  publish(6)
  uplink.full = false
  publish(5)
  publish(6)
  uplink.store(2)
  clock.turn()
  hears(t, peer, [refusal(6, 'holding-full'), refusal(5, 'kafka-away'), refusal(6, 'earlier-refused'), { type: 'ack', id: 6 }])
  t.strictSame(observed, ['refused holding-full', 'refused kafka-away', 'refused earlier-refused'])
})

await t.test('a final refusal behind one for now says what is wrong', async t => {
  const { clock, uplink, connect } = given()
  const { session, peer, publish } = connect()
  publish(1)
  uplink.fail(1, 'kafka-away')
  session.receive(Buffer.from('{"type":"publish","id":2,"event":""}'), false)
  clock.turn()
  hears(t, peer, [refusal(1, 'kafka-away'), refusal(2, 'bad-field')])
})

await t.test('the one that is waited for is refused for good, and holds back nothing more', async t => {
  const { clock, uplink, connect } = given()
  const { session, peer, publish } = connect()
  publish(1)
  uplink.fail(1, 'kafka-away')
  session.receive(Buffer.from('{"type":"publish","id":1,"event":""}'), false)
  publish(2)
  uplink.store()
  clock.turn()
  hears(t, peer, [refusal(1, 'kafka-away'), refusal(1, 'bad-field'), { type: 'ack', id: 2 }])
})
