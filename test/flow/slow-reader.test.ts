import type { WebSocket } from 'ws'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { RawDevice, type ServerFrame } from './device.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { withProducer, write } from './kafka.ts'
import { since, untilLive } from './resume.ts'

const outboxBytes = 64 * 1024
const value = Buffer.alloc(8 * 1024, 'x')

await t.test('a slow reader is closed with 4001 and hurts nobody else (G6)', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker, { settings: { ws: { outboxBytes } } })
  const slow = await inMemory(gateway, 'slow')
  const sibling = await gateway.raw('slow')
  const neighbour = await gateway.raw('neighbour')
  slow.socket.pause()

  const records = 32 // four times what may wait
  await withProducer(broker.brokers, async (producer) => {
    for (let n = 0; n < records; n++) {
      await producer.send({ topic: gateway.downlink, messages: [{ key: 'slow', value }, { key: 'neighbour', value }] })
      for (const reader of [neighbour, sibling]) await reader.next()
    }
  })
  await t.resolves(untilClosed(gateway, 'slow-reader'))
  t.equal(neighbour.waiting.length + sibling.waiting.length, 0, 'who reads gets all, and once')

  slow.socket.resume()
  t.match(await slow.ended, { code: 4001, reason: /^slow-reader: / })
  t.ok(slow.waiting.length > 0 && slow.waiting.length < records, `it got ${slow.waiting.length} of ${records}`)
  await write(broker.brokers, gateway.downlink, [{ key: 'slow', value: 'after' }, { key: 'neighbour', value: 'after' }])
  t.equal(await neighbour.next(), 'after')
  t.equal(await sibling.next(), 'after', 'its device goes on on its other socket')
})

await t.test('closed with 4001, it comes back with the last cursor that it has seen, and has missed nothing (G4, G6)', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker, { settings: { ws: { outboxBytes } } })
  const slow = await inMemory(gateway, 'slow', '', 'sluice.v1')
  const neighbour = await gateway.device('neighbour')
  await slow.next() // its welcome
  slow.socket.pause()
  const records = 64
  await withProducer(broker.brokers, async (producer) => {
    for (let n = 0; n < records; n++) {
      const value = JSON.stringify({ n, padding: 'x'.repeat(8_000) })
      await producer.send({ topic: gateway.downlink, messages: [{ key: 'slow', value }, { key: 'neighbour', value }] })
      await neighbour.nextOf('message')
    }
  })
  await untilClosed(gateway, 'slow-reader')
  slow.socket.resume()
  t.match(await slow.ended, { code: 4001 })
  const before = slow.waiting.map((frame) => JSON.parse(String(frame)) as ServerFrame).filter(({ type }) => type === 'message')
  t.ok(before.length > 0 && before.length < records, `it got ${before.length} of ${records}`)
  const after = await untilLive(await gateway.device('slow', since(before.at(-1)?.cursor)))
  t.strictSame([...before, ...after].map(({ data }) => (data as { n: number }).n), Array.from({ length: records }, (_, n) => n))
})

await t.test('it comes back with its cursor to all that it missed, at its own pace: while it catches up it is not closed (G4, G6)', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker, { settings: { ws: { outboxBytes } } })
  const first = await gateway.device('slow')
  await first.close()
  const records = 64 // eight times what may wait
  const messages = Array.from({ length: records }, (_, n) => ({ key: 'slow', value: JSON.stringify({ n, padding: 'x'.repeat(8_000) }) }))
  await withProducer(broker.brokers, async (producer) => { for (const message of messages) await producer.send({ topic: gateway.downlink, messages: [message] }) })

  const slow = await inMemory(gateway, 'slow', `?since=${String(first.welcome?.cursor)}`)
  slow.socket.pause()
  const fast = await gateway.device('slow', since(first.welcome?.cursor))
  t.equal((await untilLive(fast)).length, records, 'its sibling does not wait for it')
  t.equal(slow.waiting.length, 0)
  slow.socket.resume()
  const got = (await slow.take(records)).map((frame) => (JSON.parse(String(frame)) as { n: number }).n)
  t.strictSame(got, messages.map((_, n) => n))
  await write(broker.brokers, gateway.downlink, [{ key: 'slow', value: '"live"' }])
  t.equal(await slow.next(), '"live"')
  t.notMatch(await (await fetch(`${gateway.origin}/metrics`)).text(), 'sluice_closes_total{code="slow-reader"}')
})

/** Over a pair of streams: no kernel buffers what is not read. */
async function inMemory (gateway: TestGateway, id: string, query = '', subprotocol = 'sluice.raw'): Promise<RawDevice> {
  let device: RawDevice | undefined
  const { http } = gateway.app as unknown as { http: { injectWS: (path: string, context: object, options: object) => Promise<WebSocket> } }
  await http.injectWS(`/ws/${id}${query}`, { headers: { host: gateway.host, 'sec-websocket-protocol': subprotocol } }, { onInit: (ws: WebSocket) => { device = new RawDevice(ws) } })
  return device as RawDevice
}

async function untilClosed (gateway: TestGateway, code: string): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${gateway.origin}/metrics`)).text()
    if (metrics.includes(`sluice_closes_total{code="${code}"} 1`)) return
  }
}
