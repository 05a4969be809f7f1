import t from 'tap'
import { Receipts } from '../../src/session/receipts.ts'
import { following, HeldClock } from './given.ts'

const at = (offset: number, partitions = 6): string => `1.c.${partitions}.3.${offset}.0.0`

function start () {
  const clock = new HeldClock()
  const told: string[] = []
  let cursor: string | undefined = at(10)
  const hold = { received: (text: string) => { told.push(`received ${text}`) }, passed: (text: string) => { told.push(`passed ${text}`) }, release: () => { told.push('released') } }
  const receipts = new Receipts(clock, hold, { ...following, cursor: () => cursor })
  return { clock, receipts, heard: () => told.splice(0), stand: (offset: number | undefined) => { cursor = offset === undefined ? undefined : at(offset) } }
}

await t.test('what a device says that it has received is that, and no more than was sent', async t => {
  const { receipts, heard, stand } = start()
  receipts.sent(3, 10)
  receipts.sent(3, 12)
  stand(13)
  t.ok(receipts.received(at(11)))
  receipts.quiet()
  t.strictSame(heard(), [`received ${at(11)}`], 'one of them is still open')
  t.ok(receipts.received(at(13)))
  stand(20)
  receipts.quiet()
  t.strictSame(heard(), [`received ${at(13)}`, `passed ${at(20)}`])
  t.notOk(receipts.received(at(21)))
  t.ok(receipts.received(at(12)), 'what is older')
  t.ok(receipts.received(at(12, 4)), 'what is of another time')
  stand(undefined)
  t.ok(receipts.received(at(20)), 'before it is known where it stands')
  receipts.quiet()
  t.strictSame(heard(), [])
  receipts.end()
  t.strictSame(heard(), ['released'])
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
