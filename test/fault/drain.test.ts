import t from 'tap'
import { gatewayOn } from '../flow/gateway.ts'
import { faultyKafka, without } from './faulty-kafka.ts'

const drainMs = 1_000
const topics = { uplink: 'up', downlink: 'down' }

for (const fault of ['freeze', 'kill'] as const) {
  await t.test(`a gateway whose Kafka is away goes away in time all the same: ${fault}`, { skip: without() }, async (t) => {
    const kafka = await faultyKafka(t)
    const gateway = await gatewayOn(t, kafka.brokers, topics, { settings: { drainMs } })
    const device = await gateway.device('stuck')
    const raw = await gateway.raw('stuck-raw', { query: '?ack=pong' })
    const page = await gateway.device('page')
    await device.stored(1, 1)
    await kafka[fault]()
    device.publish(2, { data: 2 })
    raw.send('1')
    raw.socket.ping('never answered')
    raw.socket.on('pong', () => t.fail('a pong came for what is not stored'))
    page.send('{"type":"watch","device":"*"}')
    const posted = fetch(`${gateway.origin}/v1/devices/d/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"data":1}' })
    while (gateway.app.gateway.health().heldBytes === 0) await new Promise((resolve) => setImmediate(resolve))

    const from = performance.now()
    await gateway.app.close()
    const tookMs = performance.now() - from
    t.comment(`it took ${Math.round(tookMs)} ms`)
    t.ok(tookMs < 5_000, 'not as long as a request to Kafka, or a record, may wait')
    for (const one of [device, page]) t.match(await one.next(), { type: 'bye', code: 4000 }, 'neither ack nor refusal: it comes again under its id')
    for (const { ended } of [device, raw, page]) t.match(await ended, { code: 4000 })
    t.match(await (await posted).json(), { code: /^(?:outcome-unknown|not-ready)$/ })
    if (fault === 'freeze') kafka.thaw()
  })
}
