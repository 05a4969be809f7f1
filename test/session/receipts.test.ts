import t from 'tap'
import { Receipts } from '../../src/session/receipts.ts'
import { wsFrame } from '../../src/protocol/ws-frame.ts'
import { following, given, HeldClock, hears } from './given.ts'

const at = (offset: number, partitions = 6): string => `1.c.${partitions}.3.${offset}.0.0`

function start () {
  const clock = new HeldClock()
  const told: string[] = []
  let cursor: string | undefined = at(10)
  const hold = { received: (text: string) => { told.push(`received ${text}`) }, passed: (text: string) => { told.push(`passed ${text}`) }, release: () => { told.push('released') } }
  const where = { ...following, cursor: () => cursor }
  const receipts = new Receipts(clock, hold, where)
  return { clock, receipts, where, heard: () => told.splice(0), stand: (offset: number | undefined) => { cursor = offset === undefined ? undefined : at(offset) } }
}

await t.test('what a device says that it has received is that, and no more than was sent', async t => {
  const { receipts, heard, stand } = start()
  receipts.sent(3, 10)
  receipts.sent(3, 12)
  stand(13)
  receipts.received(at(11))
  receipts.quiet()
  t.strictSame(heard(), [`received ${at(11)}`], 'one of them is still open')
  receipts.received(at(13))
  stand(20)
  receipts.quiet()
  t.strictSame(heard(), [`received ${at(13)}`, `passed ${at(20)}`])
  receipts.received(at(21))
  receipts.received(at(12)) // what is older
  receipts.received(at(12, 4)) // what is of another time
  stand(undefined)
  receipts.received(at(20)) // before it is known where it stands
  receipts.quiet()
  t.strictSame(heard(), [])
  receipts.end()
  t.strictSame(heard(), ['released'])
})

await t.test('what it had on an earlier socket, and is on its way once more, moves nothing', async t => {
  const { receipts, where, heard, stand } = start()
  where.isLive = false
  receipts.received(at(20))
  t.strictSame(heard(), [])
  receipts.sent(3, 19)
  stand(20)
  where.isLive = true
  receipts.received(at(20))
  t.strictSame(heard(), [`received ${at(20)}`])
  receipts.received(at(21))
})

await t.test('in raw mode a pong says it, for all that was sent before its ping', async t => {
  const { clock, receipts, heard, stand } = start()
  const pings: Buffer[] = []
  const send = (offset: number): void => {
    receipts.sent(3, offset)
    stand(offset + 1)
    receipts.pingSoon(() => pings.push(receipts.ping()))
  }
  send(10)
  send(11)
  t.equal(clock.timers, 1, 'frames that come one behind the other are confirmed together')
  clock.advance(1_500)
  t.equal(pings.length, 1)
  send(12)
  receipts.ponged(pings[0] as Buffer)
  t.strictSame(heard(), [`received ${at(12)}`])
  clock.advance(1_500)
  pings.push(receipts.ping())
  stand(30)
  receipts.ponged(pings[2] as Buffer)
  t.strictSame(heard(), [`received ${at(13)}`], 'a later pong answers for those before it')
  receipts.ponged(pings[1] as Buffer)
  receipts.ponged(Buffer.from('anything'))
  t.strictSame(heard(), [])
  receipts.ponged(receipts.ping())
  t.strictSame(heard(), [`passed ${at(30)}`], 'nothing was sent')
  stand(undefined)
  receipts.ponged(receipts.ping())
  send(31)
  receipts.end()
  t.strictSame([heard(), clock.timers], [['released'], 0])
})

await t.test('who answers no ping is not pinged for each frame', async t => {
  const { clock, receipts } = start()
  let pings = 0
  for (let n = 0; n < 30; n++) {
    receipts.sent(3, n)
    receipts.pingSoon(() => { pings++; receipts.ping() })
    clock.advance(2_000)
  }
  t.equal(pings, 8)
})

await t.test('in sluice.v1 the heartbeat tells where it stands, and takes nothing for received', async t => {
  const { context, connect } = given()
  let stands = 10
  context.follow = () => ({ ...following, cursor: () => at(stands) })
  const told: string[] = []
  const { session, peer } = connect()
  session.greet({ kind: 'live' })
  session.downlink.hold({ received: (text) => { told.push(`received ${text}`) }, passed: (text) => { told.push(`passed ${text}`) }, release: () => { told.push('released') } })
  session.downlink.deliver({ offset: 10, frame: () => wsFrame(Buffer.from('{"type":"message"}'), false) }, 3)
  stands = 11
  session.beat()
  hears(t, peer, [{ type: 'welcome', cursor: at(10), resuming: false }, { type: 'message' }, { type: 'cursor', cursor: at(11) }, 'ping'])
  t.strictSame(told, [])
  session.beat()
  hears(t, peer, ['ping'])
  session.receive(Buffer.from(JSON.stringify({ type: 'received', cursor: at(11) })), false)
  session.ponged(Buffer.from('1'))
  session.close('draining', undefined, 7)
  session.ended()
  t.strictSame(told, [`received ${at(11)}`, `passed ${at(11)}`, 'released'])
})

await t.test('a socket that follows several partitions is told where it stands behind its messages', async t => {
  const { clock, context, connect } = given()
  const cursor = '1.c.6.3.11.0.0~4.2.0.0'
  context.follow = () => ({ ...following, cursor: () => cursor, isHome: () => true, isPlaced: () => false })
  const { session, peer } = connect()
  const message = { offset: 10, frame: () => wsFrame(Buffer.from('{"type":"message"}'), false) }
  session.downlink.deliver(message, 3)
  session.downlink.deliver(message, 4)
  clock.turn()
  hears(t, peer, [{ type: 'message' }, { type: 'message' }, { type: 'cursor', cursor }])
  session.downlink.deliver({ offset: 11, frame: () => undefined }, 3)
  clock.turn()
  t.strictSame(peer.heard(), [], 'nothing for a raw socket')
})

await t.test('stalled is told once, and live once', async t => {
  const { clock, connect } = given()
  const { session, peer } = connect()
  for (const reason of ['away', 'still away', undefined, undefined]) session.downlink.stall(reason)
  clock.turn()
  hears(t, peer, [{ type: 'stalled', message: 'away' }, { type: 'live' }])
})

await t.test('live means both: that it has caught up, and that nothing stalls', async t => {
  const { clock, context, connect } = given()
  let isLive = false
  context.follow = () => ({ ...following, get isLive () { return isLive } })
  const { session: { downlink }, peer } = connect()
  downlink.stall('away')
  downlink.stall(undefined)
  clock.turn()
  hears(t, peer, [{ type: 'stalled' }])
  downlink.stall('away again')
  isLive = true
  downlink.caughtUp()
  downlink.stall(undefined)
  clock.turn()
  hears(t, peer, [{ type: 'stalled' }, { type: 'live' }, { type: 'stalled', message: 'away again' }, { type: 'live' }])
})

await t.test('when the topic was truncated, what was sent before it means nothing any more', async t => {
  const { context, connect, observed } = given()
  let stands = 50
  context.follow = () => ({ ...following, cursor: () => at(stands) })
  const told: string[] = []
  const { session } = connect()
  session.downlink.hold({ received: (text) => { told.push(text) }, passed: () => {}, release: () => {} })
  session.downlink.received(at(40))
  session.downlink.gap('truncated')
  stands = 5
  session.downlink.received(at(45))
  t.notOk(session.closing, 'it was under way')
  session.downlink.received(at(4))
  t.strictSame(told, [at(40), at(4)])
  t.strictSame(observed, ['gap truncated'])
})

await t.test('who never answers a ping is remembered no more than so many', async t => {
  const { receipts, heard, stand } = start()
  const pings = Array.from({ length: 100 }, (_, n) => {
    stand(n)
    return receipts.ping()
  })
  receipts.ponged(pings[99] as Buffer)
  t.strictSame(heard(), [], 'the last of them was not noted')
  receipts.ponged(pings[63] as Buffer)
  t.strictSame(heard(), [`passed ${at(63)}`])
})
