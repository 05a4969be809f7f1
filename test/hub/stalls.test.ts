import t from 'tap'
import { Hub } from '../../src/hub/hub.ts'
import { Stalls } from '../../src/hub/stalls.ts'
import type { Log, Stall } from '../../src/log/log.ts'
import { given, hears } from '../session/given.ts'

await t.test('who depends on a partition that does not move hears of it, once, and that it does again', async t => {
  const { clock, connect } = given()
  const hub = new Hub(clock, () => {})
  let stalls: Stall[] = []
  const watch = new Stalls(clock, hub, { health: () => ({ stalls, heldBytes: 0 }) } as unknown as Log, { uplink: 'up', downlink: 'down' })
  const [one, other] = [connect(), connect({ device: 'sensor-3' })]
  for (const { session } of [one, other]) hub.add(session)
  const uplinkOfOne = { topic: 'up', partition: one.session.uplink.partition, reason: 'up is not written' }
  t.not(one.session.uplink.partition, other.session.uplink.partition)
  watch.start()
  const look = (): void => {
    clock.advance(1_000)
    clock.turn()
  }

  stalls = [uplinkOfOne]
  look()
  stalls = []
  look()
  t.strictSame([one.peer.heard(), other.peer.heard()], [[], []], 'what passes within a second or two is no news')

  stalls = [uplinkOfOne]
  for (let n = 0; n < 3; n++) look()
  hears(t, one.peer, [{ type: 'stalled', message: 'up is not written' }])
  t.strictSame(other.peer.heard(), [])
  const late = connect()
  watch.tell(late.session)
  clock.turn()
  hears(t, late.peer, [{ type: 'stalled' }])

  stalls = [uplinkOfOne, { topic: 'down', partition: 3, reason: 'down is not read' }, { topic: 'elsewhere', partition: other.session.uplink.partition, reason: 'not theirs' }]
  for (let n = 0; n < 2; n++) look()
  t.strictSame(one.peer.heard(), [], 'it knows')
  hears(t, other.peer, [{ type: 'stalled', message: 'down is not read' }])

  stalls = []
  look()
  for (const { peer } of [one, other]) hears(t, peer, [{ type: 'live' }])
  stalls = [{ ...uplinkOfOne, isDenied: true }]
  for (let n = 0; n < 2; n++) look()
  t.strictSame(one.peer.heard(), [], 'it can publish all the same')
  stalls = []
  look()
  watch.tell(other.session)
  watch.stop()
  look()
  t.strictSame([other.peer.heard(), clock.timers], [[], 0])
})
