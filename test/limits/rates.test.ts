import t from 'tap'
import { Quotas } from '../../src/limits/quotas.ts'
import type { Rate } from '../../src/limits/rate.ts'
import { Rates, type Throttled } from '../../src/limits/rates.ts'
import { HeldClock } from '../session/given.ts'

interface Socket extends Throttled { held: boolean, readonly rate: Rate }

/** 10 frames and 1,000 bytes a second, and as much at once. */
function given () {
  const clock = new HeldClock()
  const quotas = new Quotas({ framesPerSecond: 10, bytesPerSecond: 1000, burstMs: 1000 })
  let holds = 0
  const rates = new Rates(quotas, clock, () => { holds += 1 })
  const enter = (device: string, quotaClass?: string): Socket => {
    const socket: Socket = { rate: rates.enter(device, quotaClass), held: false, throttle: () => { socket.held = true }, release: () => { socket.held = false } }
    return socket
  }
  const send = (socket: Socket, frames: number, bytes = 1): void => {
    for (let n = 0; n < frames; n++) if (!socket.rate.spend(bytes)) rates.hold(socket)
  }
  return { clock, quotas, rates, enter, send, holds: () => holds }
}

await t.test('who sends too many frames is held until what is too much is paid, with one timer for all', async t => {
  const { clock, enter, send, holds } = given()
  const one = enter('a')
  const other = enter('b')
  send(one, 5)
  t.notOk(one.held, 'half of the burst')
  send(one, 5)
  t.ok(one.held)
  send(other, 6)
  t.strictSame([holds(), clock.timers], [2, 1])
  clock.advance(120)
  t.strictSame([one.held, other.held], [true, false])
  clock.advance(380)
  t.strictSame([one.held, clock.timers], [false, 0])
  clock.advance(10_000)
  send(one, 10)
  t.ok(one.held, 'the half that was there, and the half that came since')
})

await t.test('bytes count too, and a frame of more than the burst is paid for', async t => {
  const { clock, enter, send } = given()
  const socket = enter('a')
  send(socket, 1, 2500)
  t.ok(socket.held)
  clock.advance(1_980)
  t.ok(socket.held)
  clock.advance(20)
  t.notOk(socket.held)
})

await t.test('the sockets of one device have one rate, also the one that comes back at once', async t => {
  const { clock, rates, enter, send } = given()
  const one = enter('a')
  const two = enter('a')
  send(one, 4)
  send(two, 4)
  t.strictSame([one.held, two.held], [false, true])
  rates.leave(one)
  rates.leave(two)
  t.equal(clock.timers, 1)
  clock.advance(20)
  t.equal(clock.timers, 0, 'who has gone is not looked at')
  t.equal(rates.size, 1)
  const back = enter('a')
  t.notOk(back.rate.isWithin())
  clock.advance(280)
  t.ok(back.rate.isWithin())
  rates.leave(back)
  clock.advance(1_000)
  rates.leave(enter('b'))
  t.equal(rates.size, 0, 'those who have nothing to wait for are forgotten')
})

await t.test('of those who have gone only so many are remembered', async t => {
  const { rates, enter, send } = given()
  for (let n = 0; n < 10_002; n++) {
    const socket = enter(`d${n}`)
    send(socket, 6)
    rates.leave(socket)
  }
  t.equal(rates.size, 10_000)
  t.ok(enter('d0').rate.isWithin(), 'the first ones are forgotten')
  t.notOk(enter('d10001').rate.isWithin())
})

await t.test('classes are changed while devices are connected', async t => {
  const { clock, quotas, enter, send } = given()
  quotas.set('gold', { framesPerSecond: 0, bytesPerSecond: 0, burstMs: 1000 })
  const gold = enter('a', 'gold')
  const unknown = enter('b', 'lead')
  send(gold, 1000, 1000)
  t.notOk(gold.held)
  send(unknown, 6)
  t.ok(unknown.held, 'a class that is not known is the default one')
  quotas.set('lead', { framesPerSecond: 1000, bytesPerSecond: 0, burstMs: 1000 })
  clock.advance(20)
  t.notOk(unknown.held)
  quotas.set('gold', { framesPerSecond: 2, bytesPerSecond: 0, burstMs: 1000 })
  send(gold, 2)
  t.ok(gold.held)
  t.same(Object.keys(quotas.list()), ['default', 'gold', 'lead'])
  t.strictSame([quotas.has('gold'), quotas.has('tin'), quotas.size], [true, false, 3])
})
