import t from 'tap'
import { Command } from '../command/command.ts'
import { openDevice, ProtocolDevice, RawDevice } from '../flow/device.ts'
import { faultyKafka, without } from './faulty-kafka.ts'

const drainMs = 1_000

for (const fault of ['freeze', 'kill'] as const) {
  await t.test(`SIGTERM ends a gateway in time, also while Kafka is away: ${fault}`, { skip: without() }, async (t) => {
    const kafka = await faultyKafka(t)
    const command = new Command(t, [], { PORT: '0', KAFKA_BROKERS: kafka.brokers, SLUICE_KAFKA_CREATE_TOPICS: 'true', SLUICE_DRAIN_MS: String(drainMs) })
    const host = await command.serves()
    const [device, page] = await Promise.all(['stuck', 'page'].map((id) => openDevice(new ProtocolDevice(`ws://${host}/ws/${id}`, ['sluice.v1']))) as [Promise<ProtocolDevice>, Promise<ProtocolDevice>])
    const raw = await openDevice(new RawDevice(`ws://${host}/ws/stuck-raw?ack=pong`))
    raw.socket.on('pong', () => t.fail('a pong came for what is not stored'))
    for (const one of [device, page]) await one.nextOf('welcome')
    await device.stored(1, 1)

    await kafka[fault]()
    device.publish(2, { data: 2 })
    raw.send('1')
    raw.socket.ping('never answered')
    page.send('{"type":"watch","device":"*"}')
    const body = JSON.stringify({ data: 'x'.repeat(10_000) })
    const posted = fetch(`http://${host}/v1/devices/d/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    while (await heldBytes(host) < body.length) await new Promise((resolve) => setImmediate(resolve))
    const { code, afterMs } = await command.ends('SIGTERM')
    t.equal(code, 0)
    t.comment(`it took ${Math.round(afterMs)} ms`)
    t.ok(afterMs < drainMs + 5_000, 'not as long as a request to Kafka, or a record, may wait')
    for (const one of [device, page]) t.match(await one.next(), { type: 'bye', code: 4000 }, 'neither ack nor refusal: it comes again under its id')
    for (const { ended } of [device, raw, page]) t.match(await ended, { code: 4000 })
    t.match(await (await posted).json(), { code: 'outcome-unknown' })
    if (fault === 'freeze') kafka.thaw()
  })
}

async function heldBytes (host: string): Promise<number> {
  const metrics = await (await fetch(`http://${host}/metrics`)).text()
  return Number(/^sluice_uplink_held_bytes (\d+)$/m.exec(metrics)?.[1])
}
