import t from 'tap'
import { Hub } from '../../src/hub/hub.ts'
import { given, hears } from '../session/given.ts'
import { withRecord, type Fields } from './records.ts'

const home = 3

function start () {
  const { clock, context, connect } = given()
  const misplaced: object[] = []
  const hub = new Hub(clock, (record) => misplaced.push(record))
  return {
    clock,
    context,
    hub,
    misplaced,
    join: (...of: Parameters<typeof connect>) => {
      const one = connect(...of)
      hub.add(one.session)
      return one
    },
    deliver: (fields: Fields, partition = home) => {
      withRecord(fields, (record) => hub.deliver(partition, record, `1.c.6.${partition}.`))
      clock.turn()
    }
  }
}

await t.test('a record goes to every socket of its device, in the way each speaks, and to no other', async t => {
  const { join, deliver } = start()
  const [text, binary, spoken, other] = [join({ mode: 'raw' }), join({ mode: 'raw-binary' }), join({ mode: 'sluice.v1' }), join({ mode: 'sluice.v1', device: 'sensor-2' })]
  deliver({ value: '"on"' })
  t.strictSame(text.peer.heard(), ['on'])
  t.strictSame(binary.peer.heard(), [Buffer.from('"on"')])
  hears(t, spoken.peer, [{ type: 'message', data: 'on' }])
  t.strictSame(other.peer.heard(), [])
  deliver({ value: null })
  t.strictSame(text.peer.heard(), [])
  hears(t, spoken.peer, [{ type: 'message' }])
})

await t.test('records of nobody here, or with no key that could be an id, are passed', async t => {
  const { join, deliver, misplaced } = start()
  const { peer } = join()
  for (const key of ['elsewhere', '', null, 'x'.repeat(129), 'sensor-1 ', 'sénsor-1']) deliver({ key }, 5)
  t.strictSame([peer.heard(), misplaced], [[], []])
})

await t.test('records that lie elsewhere are delivered, counted, and told once', async t => {
  const { hub, join, deliver, misplaced } = start()
  const { peer } = join()
  const elsewhere = (home + 1) % 6
  deliver({})
  t.equal(hub.misplaced, 0)
  deliver({}, elsewhere)
  deliver({}, elsewhere)
  t.equal(peer.heard().length, 3)
  t.equal(hub.misplaced, 2)
  t.strictSame(misplaced, [{ device: 'sensor-1', partition: elsewhere }])
})

await t.test('who comes and who goes', async t => {
  const { hub, clock, join, deliver } = start()
  const [one, two, other] = [join(), join(), join({ mode: 'raw', device: 'sensor-2' })]
  t.strictSame([hub.sockets, hub.devices], [3, 2])
  t.strictSame([...hub.list()].map(({ id, sessions, connectedMs }) => [id, sessions.length, connectedMs]), [['sensor-1', 2, clock.now()], ['sensor-2', 1, clock.now()]])
  t.strictSame([...hub.sessions()], [one.session, two.session, other.session])
  hub.remove(one.session)
  hub.remove(one.session)
  deliver({})
  t.strictSame([one.peer.heard().length, two.peer.heard().length, hub.sockets, hub.devices], [0, 1, 2, 2])
  hub.remove(two.session)
  hub.remove(two.session)
  t.strictSame([hub.sockets, hub.devices], [1, 1])
  deliver({})
  t.strictSame(two.peer.heard(), [])
})

await t.test('the delay is told at most once a millisecond, and never below nothing', async t => {
  const { hub, clock, join, deliver } = start()
  const delays: number[] = []
  join()
  deliver({ timeMs: clock.now() - 40 })
  hub.onDelay = (delayMs) => delays.push(delayMs)
  clock.advance(1)
  deliver({ timeMs: clock.now() - 40 })
  deliver({ timeMs: clock.now() - 99 })
  clock.advance(1)
  deliver({ timeMs: clock.now() + 5000 })
  t.strictSame(delays, [40, 0])
})
