import { setImmediate } from 'node:timers/promises'
import type { WebSocket, WebSocketServer } from 'ws'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { readDevice } from './kafka.ts'

const inFlight = 8

await t.test('beyond its frames in flight a socket is not read, and is read again (G10)', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker, { settings: { uplink: { inFlight } } })
  const turns = watchPauses(gateway)
  const device = await gateway.device('busy')
  t.match(device.welcome, { limits: { inFlight } })
  const frames = 5_000
  for (let id = 1; id <= frames; id++) device.publish(id, { data: id })
  await device.acked(frames)
  t.ok(turns.pauses > 0, `paused ${turns.pauses} times`)
  t.equal(turns.resumes, turns.pauses, 'and resumed as often')
  const records = await readDevice(broker.brokers, gateway.uplink, 'busy')
  t.ok(records.length === frames && records.every(({ value }, i) => String(value) === String(i + 1)), 'each once, in order')
  await device.stored(frames + 1, 'it is read still')
})

await t.test('while Kafka answers nothing, what a socket sends stays in its own buffers', async (t) => {
  const broker = await testBroker(t)
  if (broker.dev === undefined) return t.comment('test/fault freezes a real Kafka')
  const gateway = await startGateway(t, broker, { settings: { uplink: { inFlight } } })
  const turns = watchPauses(gateway)
  const neighbour = await gateway.device('neighbour')
  const device = await gateway.device('frozen-out')
  broker.dev.faults.push('Produce', { freeze: 'answer' })
  const data = 'x'.repeat(32 * 1024)
  const frames = 450 // 14 MB: more than a kernel takes by itself, and less than the embedded broker keeps
  for (let id = 1; id <= frames; id++) device.publish(id, { data })
  await turns.paused
  while (broker.dev.faults.frozen === 0) await setImmediate()
  const { heldBytes } = gateway.app.gateway.health()
  t.ok(heldBytes < 2 * inFlight * data.length + 64 * 1024, `${heldBytes} bytes are held`)
  t.ok(device.socket.bufferedAmount > 0, 'the rest waits at the sender')
  broker.dev.faults.thaw()
  await device.acked(frames)
  t.equal((await readDevice(broker.brokers, gateway.uplink, 'frozen-out')).length, frames)
  await neighbour.stored(1, 'fine')
  t.equal(broker.dev.faults.pending, 0)
})

interface Turns { pauses: number, resumes: number, paused: Promise<void> }

/** Counts how often the gateway stops reading a socket, and starts again. */
function watchPauses (gateway: TestGateway): Turns {
  const { websocketServer } = gateway.app.http as unknown as { websocketServer: WebSocketServer }
  let tell: () => void = () => {}
  const turns: Turns = { pauses: 0, resumes: 0, paused: new Promise((resolve) => { tell = resolve }) }
  websocketServer.on('connection', (ws: WebSocket) => {
    const { pause, resume } = ws
    ws.pause = () => {
      turns.pauses += 1
      pause.call(ws)
      tell()
    }
    ws.resume = () => {
      turns.resumes += 1
      resume.call(ws)
    }
  })
  return turns
}
