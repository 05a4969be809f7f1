import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { HeldClock } from './held-clock.ts'
import { clientFrame, Peer } from './peer.ts'
import { write } from './kafka.ts'

const heartbeatMs = 5_000

await t.test('who answers pings stays, who does not is closed with 4002 after two heartbeats', async (t) => {
  const broker = await testBroker(t)
  const clock = new HeldClock()
  const gateway = await startGateway(t, broker, { clock, settings: { ws: { heartbeatMs } } })
  const { websocketServer } = gateway.app.http as unknown as { websocketServer: WebSocketServer }
  let ponged: () => void = () => {}
  websocketServer.on('connection', (ws) => ws.on('pong', () => ponged()))

  const alive = await gateway.device('alive')
  t.equal(alive.welcome?.heartbeatMs, heartbeatMs)
  const dead = await Peer.upgraded(gateway.host, '/ws/dead')
  t.equal(gateway.app.gateway.hub.sockets, 2)
  for (let beat = 1; gateway.app.gateway.hub.sockets === 2; beat++) {
    if (beat > 4) return t.fail('the half-open socket is still there')
    const answered = new Promise<void>((resolve) => { ponged = resolve })
    clock.advance(heartbeatMs)
    await answered
    if (beat >= 3) await dead.ended
  }
  t.equal(await dead.closeCode(), 4002)
  t.equal(gateway.app.gateway.hub.devices, 1)

  await write(broker.brokers, gateway.downlink, [{ key: 'alive', value: '1' }])
  t.match(await alive.next(), { data: 1 })
  t.match(await (await fetch(`${gateway.origin}/metrics`)).text(), 'sluice_closes_total{code="heartbeat-lost"} 1')
})

await t.test('a device\'s own pings are answered, and count as a sign of life', async (t) => {
  const clock = new HeldClock()
  const gateway = await startGateway(t, await testBroker(t), { clock, settings: { ws: { heartbeatMs } } })
  const device = await gateway.raw('pinging')
  for (let beat = 0; beat < 5; beat++) {
    device.socket.ping('are you there')
    const [payload] = await once(device.socket, 'pong') as [Buffer]
    t.equal(payload.toString(), 'are you there')
    clock.advance(heartbeatMs)
  }
  t.equal(gateway.app.gateway.hub.sockets, 1)
})

const frame = clientFrame(2, 'a frame that takes its time')
const CONTINUATION = clientFrame(0, 'x', { fin: false })
const trickles: Record<string, Buffer[]> = {
  'bytes of one frame': Array.from(frame, (_, n) => frame.subarray(n, n + 1)),
  'fragments without end': [clientFrame(2, 'x', { fin: false }), ...Array.from({ length: 20 }, () => CONTINUATION)]
}

for (const [what, pieces] of Object.entries(trickles)) {
  await t.test(`${what}, one at a time, do not put the deadline off (G10)`, async (t) => {
    const clock = new HeldClock()
    const gateway = await startGateway(t, await testBroker(t), { clock, settings: { ws: { heartbeatMs } } })
    const { websocketServer } = gateway.app.http as unknown as { websocketServer: WebSocketServer }
    const connected = once(websocketServer, 'connection') as Promise<[WebSocket]>
    const peer = await Peer.upgraded(gateway.host, '/ws/trickles')
    const { _socket: ours } = (await connected)[0] as unknown as { _socket: Duplex }
    const perBeat = 4
    let beats = 0
    for (let n = 0; gateway.app.gateway.hub.sockets > 0 && n < pieces.length; n++) {
      const read = Promise.race([once(ours, 'data'), peer.ended])
      peer.socket.write(pieces[n] as Buffer)
      await read
      clock.advance(heartbeatMs / perBeat)
      beats = n / perBeat
      if (beats >= 3) await peer.ended
    }
    t.equal(await peer.closeCode(), 4002)
    t.ok(beats <= 3.25, `after ${beats} heartbeats`)
  })
}
