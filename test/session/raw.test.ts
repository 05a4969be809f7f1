import t from 'tap'
import { wsFrame } from '../../src/protocol/ws-frame.ts'
import { given, hears } from './given.ts'

await t.test('a frame is a record\'s value, byte for byte', async t => {
  const { uplink, connect } = given()
  const { session } = connect({ mode: 'raw' })
  for (const [bytes, binary] of [['{"type":"publish"}', false], ['\0\xff', true], ['', false]] as const) session.receive(Buffer.from(bytes, 'latin1'), binary)
  t.match(uplink.appended, [{ id: 1, value: '{"type":"publish"}' }, { id: 2, value: '\0\xff' }, { id: 3, value: '' }])
  t.strictSame(uplink.appended[2]?.headers, { 'sluice-id': `${session.id}:3` })
})

await t.test('it hears neither welcome nor acks nor bye', async t => {
  const { clock, uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw-text' })
  session.greet({ kind: 'live' })
  session.receive(Buffer.from('1'), false)
  uplink.store()
  clock.turn()
  session.send(wsFrame(Buffer.from('"down"'), false))
  clock.turn()
  t.strictSame(peer.heard(), ['down'])
  session.close('draining', undefined, 500)
  hears(t, peer, [/^close 4000 draining: /])
})

for (const [code, heard] of [
  ['record-too-large', 'close 4003 not-stored: Kafka takes no record of this size in the topic. Kafka said: WHY.'],
  ['kafka-away', /^close 4003 not-stored: Kafka did not answer/],
  ['outcome-unknown', /^close 4004 outcome-unknown: Kafka did not answer/]
] as const) {
  await t.test(`a frame that fails closes the socket: ${code}`, async t => {
    const { uplink, observed, connect } = given()
    const { session, peer } = connect({ mode: 'raw-binary' })
    for (const text of ['1', '2']) session.receive(Buffer.from(text), false)
    uplink.fail(2, code, 'WHY')
    hears(t, peer, [heard])
    t.equal(observed.length, 1)
  })
}

await t.test('one that is not taken, too', async t => {
  const { uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw' })
  uplink.full = true
  session.receive(Buffer.from('1'), false)
  hears(t, peer, [/^close 4003 not-stored: A raw frame was certainly not stored/])
})
