import t from 'tap'
import { given, hears } from './given.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

await t.test('a ping is answered at once, whatever is in flight', async t => {
  for (const mode of ['raw', 'sluice.v1'] as const) {
    const { connect } = given()
    const { session, peer, publish } = connect({ mode })
    publish(1)
    session.pinged(bytes('a'))
    t.strictSame(peer.heard(), ['pong a'])
  }
})

await t.test('a held pong waits until every frame before its ping is stored', async t => {
  const { uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw', holdPongs: true })
  session.pinged(bytes('nothing yet'))
  t.strictSame(peer.heard(), ['pong nothing yet'])
  session.receive(bytes('1'), false)
  session.receive(bytes('2'), false)
  session.pinged(bytes('behind 2'))
  session.receive(bytes('3'), false)
  uplink.store()
  t.strictSame(peer.heard(), [])
  uplink.store()
  t.strictSame(peer.heard(), ['pong behind 2'])
  session.pinged(bytes('behind 3'))
  session.pinged(bytes('and once more'))
  t.strictSame(peer.heard(), [])
  uplink.store()
  t.strictSame(peer.heard(), ['pong behind 3', 'pong and once more'], 'each with its own payload, in order')
  session.pinged(bytes('idle'))
  t.strictSame(peer.heard(), ['pong idle'])
})

await t.test('what is held is a copy: the bytes that were read with it are used again', async t => {
  const { uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw', holdPongs: true })
  const read = bytes('ping')
  session.receive(bytes('1'), false)
  session.pinged(read)
  read.fill('x')
  uplink.store()
  t.strictSame(peer.heard(), ['pong ping'])
})

await t.test('no pong for what is lost', async t => {
  for (const [code, heard] of [['kafka-away', /^close 4003 not-stored/], ['outcome-unknown', /^close 4004 outcome-unknown/]] as const) {
    const { uplink, connect } = given()
    const { session, peer } = connect({ mode: 'raw', holdPongs: true })
    for (const text of ['1', '2', '3']) session.receive(bytes(text), false)
    session.pinged(bytes('a'))
    uplink.fail(1, code)
    uplink.store()
    session.pinged(bytes('b'))
    uplink.store()
    session.pinged(bytes('c'))
    hears(t, peer, [heard])
  }
})

await t.test('what is not even taken closes before its ping is seen', async t => {
  const { uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw', holdPongs: true })
  uplink.full = true
  session.receive(bytes('1'), false)
  session.pinged(bytes('a'))
  hears(t, peer, [/^close 4003 not-stored/])
})

await t.test('more pings than may wait for their pongs end the socket, held or not taken by the network', async t => {
  const { uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw', holdPongs: true })
  session.receive(bytes('1'), false)
  peer.waitingPongs = 14
  for (let n = 0; n < 50; n++) session.pinged(bytes('held'))
  t.strictSame(peer.heard(), [])
  session.pinged(bytes('one too many'))
  t.strictSame(peer.heard(), ['terminate'])
  session.pinged(bytes('and more'))
  session.receive(bytes('2'), false)
  uplink.store()
  t.strictSame(peer.heard(), [], 'of what was read with them nothing is taken')
  t.equal(uplink.waiting.length, 0)

  const other = connect({ mode: 'sluice.v1' })
  other.peer.waitingPongs = 64
  other.session.pinged(bytes('x'))
  t.strictSame(other.peer.heard(), ['terminate'])
})

await t.test('while it drains, what was read is still answered', async t => {
  const { uplink, connect } = given()
  const { session, peer } = connect({ mode: 'raw', holdPongs: true })
  session.receive(bytes('1'), false)
  session.pinged(bytes('a'))
  session.hush()
  uplink.store()
  session.close('draining')
  hears(t, peer, ['pause', 'pong a', 'resume', /^close 4000 draining/])
})
