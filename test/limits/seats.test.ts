import t from 'tap'
import { Seats, type SeatLimits } from '../../src/limits/seats.ts'

function given (limits: Partial<SeatLimits>, hub: { sockets: number, of?: number }): Seats {
  return new Seats({ maxSockets: 10, maxSocketsPerDevice: 2, maxSocketsPerAddress: 0, multiple: 'all', ...limits }, { sockets: hub.sockets, socketsOf: () => hub.of ?? 0 })
}

await t.test('a socket needs room in all, of its device, and from its address', async t => {
  t.equal(given({}, { sockets: 9, of: 1 }).refusal('d', '::1'), undefined)
  t.equal(given({}, { sockets: 10 }).refusal('d', '::1'), 'too-many-sockets')
  t.equal(given({}, { sockets: 10 }).refusal('d', '::1', 1), undefined, 'it is one of them')
  t.equal(given({}, { sockets: 5, of: 2 }).refusal('d', '::1'), 'too-many-of-device')
  t.equal(given({ multiple: 'newest' }, { sockets: 5, of: 2 }).refusal('d', '::1'), undefined, 'the older ones will go')
})

await t.test('an IPv6 network is one address', async t => {
  const seats = given({ maxSocketsPerAddress: 2 }, { sockets: 0 })
  seats.take('2001:db8::1')
  seats.take('2001:db8::2')
  t.equal(seats.refusal('d', '2001:db8::3'), 'too-many-of-address')
  t.equal(seats.refusal('d', '2001:db8::3', 1), undefined)
  t.equal(seats.refusal('d', '2001:db8:0:1::3'), undefined)
  seats.leave('2001:db8::1')
  t.equal(seats.refusal('d', '2001:db8::3'), undefined)
  const unbounded = given({}, { sockets: 0 })
  for (let n = 0; n < 100; n++) unbounded.take('::1')
  t.equal(unbounded.refusal('d', '::1'), undefined)
})
