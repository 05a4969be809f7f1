import t from 'tap'
import { given, LIMITS, hears } from './given.ts'

await t.test('with too much in flight the socket is not read until half of it is answered', async t => {
  const { uplink, connect } = given()
  const { peer, publish } = connect()
  for (const id of [1, 2, 3]) publish(id)
  t.strictSame(peer.heard(), [])
  publish(4)
  publish(5)
  t.strictSame(peer.heard(), ['pause'], 'what was read already is taken all the same')
  uplink.store(2)
  t.strictSame(peer.heard(), [])
  uplink.fail(1, 'kafka-refused')
  t.strictSame(peer.heard(), ['resume'])
})

await t.test('a log that is pressed pauses who appends, until it is free or nothing of his is left', async t => {
  const { uplink, connect } = given()
  const one = connect()
  const other = connect()
  one.publish(1)
  uplink.isPressed = true
  one.publish(2)
  other.publish(1)
  t.strictSame([...one.peer.heard(), ...other.peer.heard()], ['pause', 'pause'])
  uplink.store()
  t.strictSame(one.peer.heard(), [])
  uplink.store()
  t.strictSame(one.peer.heard(), ['resume'], 'for nobody else would')
  uplink.isPressed = false
  uplink.store()
  t.strictSame(other.peer.heard(), ['resume'])
})

await t.test('what comes in one turn goes out in one write', async t => {
  const { clock, connect } = given()
  const { session, peer } = connect()
  for (const text of ['{"n":1}', '{"n":2}', '{"n":3}']) session.sendText(Buffer.from(text))
  t.equal(peer.writes, 0)
  clock.turn()
  t.equal(peer.writes, 1)
  t.strictSame(peer.heard(), [{ n: 1 }, { n: 2 }, { n: 3 }])
  clock.turn()
  t.equal(peer.writes, 1)
})

await t.test('a reader for whom too much waits is closed', async t => {
  const { clock, observed, connect } = given()
  const { session, peer } = connect()
  peer.waitingBytes = LIMITS.outboxBytes
  session.sendText(Buffer.from('{}'))
  clock.turn()
  t.strictSame(peer.heard(), [{}])
  peer.waitingBytes += 1
  session.sendText(Buffer.from('{}'))
  clock.turn()
  hears(t, peer, [{}, /^close 4001 slow-reader: /])
  t.strictSame(observed, ['closed slow-reader'])
  session.sendText(Buffer.from('{}'))
  clock.turn()
  t.strictSame(peer.heard(), [], 'and hears no more')
})

await t.test('one turn may bring more than the bound to who reads well, and it does not wait for the end of the turn', async t => {
  const { clock, connect } = given()
  const { session, peer } = connect()
  const frame = Buffer.from(JSON.stringify({ padding: 'x'.repeat(LIMITS.outboxBytes / 4) }))
  for (let n = 0; n < 50; n++) session.sendText(frame)
  t.ok(peer.writes >= 10, `${peer.writes} writes`)
  clock.turn()
  t.equal(peer.heard().length, 50)
  t.notOk(session.closing)
})

await t.test('what one turn brings to who takes nothing is bounded', async t => {
  const { clock, connect } = given()
  const { session, peer } = connect()
  const frame = Buffer.from(JSON.stringify({ padding: 'x'.repeat(LIMITS.outboxBytes / 4) }))
  peer.takes = false
  for (let n = 0; n < 50; n++) session.sendText(frame)
  t.ok(session.closing, 'before the end of the turn')
  t.ok(peer.waitingBytes <= 3 * (LIMITS.outboxBytes + frame.length + 4), `${peer.waitingBytes} bytes wait`)
  t.match(peer.heard().at(-1), /^close 4001 slow-reader: /)
  clock.turn()
  t.strictSame(peer.heard(), [])
})

await t.test('misuse closes', async t => {
  for (const [frame, binary, heard] of [['{}', false, /^close 4501 unknown-type/], ['x', false, /^close 4500 bad-frame/], ['{}', true, /^close 4502 binary-frame/]] as const) {
    const { connect } = given()
    const { session, peer, publish } = connect()
    session.receive(Buffer.from(frame), binary)
    hears(t, peer, [heard])
    t.ok(session.closing)
    publish(1)
    session.receive(Buffer.from('x'), false)
    t.strictSame(peer.heard(), [], 'and what comes then is dropped')
  }
})

await t.test('before a planned close: what is stored is acked, then bye', async t => {
  const { clock, uplink, connect } = given()
  const { session, peer, publish } = connect()
  publish(1)
  publish(2)
  session.hush()
  uplink.store()
  session.close('draining', undefined, 1840)
  hears(t, peer, ['pause', { type: 'ack', id: 1 }, { type: 'bye', code: 4000, reason: 'draining', retryMs: 1840 }, 'resume', /^close 4000 draining: /])
  uplink.store()
  session.close('internal')
  clock.turn()
  t.strictSame(peer.heard(), [], 'nothing comes behind a close')
})

await t.test('a hushed socket is not read again, whatever is answered', async t => {
  const { uplink, connect } = given()
  const { session, peer, publish } = connect()
  publish(1)
  session.hush()
  uplink.store()
  t.strictSame(peer.heard(), ['pause'])
  session.terminate()
  t.strictSame(peer.heard(), ['terminate'])
})

await t.test('to a socket that has ended nothing is written', async t => {
  const { clock, uplink, context, connect } = given()
  const forgotten: unknown[] = []
  context.watchers.forget = (one) => forgotten.push(one)
  const { session, peer, publish } = connect()
  publish(1)
  publish(2)
  uplink.store()
  session.sendText(Buffer.from('{}'))
  session.ended()
  uplink.store()
  clock.turn()
  t.strictSame(peer.heard(), [])
  t.strictSame(forgotten, [session])
})
