import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { gatewayOn, type TestGateway } from '../flow/gateway.ts'
import { readAll } from '../flow/kafka.ts'
import { faultyKafka, without } from './faulty-kafka.ts'
import { mistakes, Publisher } from './publishers.ts'

const sockets = 200
const window = 4
const topics = { uplink: 'up', downlink: 'down' }

await t.test('Kafka is killed under load and comes back (G2, G3, G7)', { skip: without() }, async (t) => {
  const kafka = await faultyKafka(t)
  const gateway = await gatewayOn(t, kafka.brokers, topics)
  const publishers = await start(gateway)
  const downlink = flow(gateway)
  await Promise.all(publishers.map((one) => one.nextAck()))

  for (let round = 1; round <= 2; round++) {
    await kafka.kill()
    await untilReadyz(gateway, 'stalled')
    t.pass('readyz says stalled, and stays 200')
    await delay(1_000)
    const openedAt = await kafka.restart()
    await untilReadyz(gateway, 'ready')
    const first = Math.min(...publishers.map((one) => one.firstAckAfter(openedAt)))
    const delivery = downlink.firstAfter(openedAt)
    t.comment(`round ${round}: first ack ${Math.round(first - openedAt)} ms and first delivery ${Math.round(await delivery - openedAt)} ms after the port was open`)
    t.ok(first - openedAt < 10_000)
    t.ok(await delivery - openedAt < 10_000)
    await Promise.all(publishers.map((one) => one.nextAck()))
  }

  await Promise.all(publishers.map((one) => one.stop()))
  await downlink.stop()
  t.equal(gateway.app.gateway.hub.sockets, sockets + 1, 'every socket is still there')
  t.same(publishers.flatMap(({ others }) => others), [], 'nothing was refused')
  const records = await readAll(kafka.brokers, topics.uplink)
  t.same(mistakes(records, new Map(publishers.map(({ name, acked }) => [name, acked]))), [], `${records.length} records: none missing, none twice, in order`)
  t.same(downlink.missing(), [], 'what was answered with 201 was delivered')
  t.equal(new Set(downlink.delivered).size, downlink.delivered.length, `${downlink.delivered.length} delivered, none twice`)
})

await t.test('Kafka is frozen for three seconds, longer than a request may take (G2, G3, G7)', { skip: without() }, async (t) => {
  const kafka = await faultyKafka(t)
  const gateway = await gatewayOn(t, kafka.brokers, topics, { settings: { kafka: { requestTimeoutMs: 1_000 } } })
  const publishers = await start(gateway)
  await Promise.all(publishers.map((one) => one.nextAck()))
  kafka.freeze()
  await untilReadyz(gateway, 'stalled')
  while (await stalledPartitions(gateway) === 0); // the metrics say so, too
  await delay(2_000)
  const thawedAt = performance.now()
  kafka.thaw()
  await Promise.all(publishers.map((one) => one.nextAck()))
  t.comment(`all sockets have an ack ${Math.round(performance.now() - thawedAt)} ms after the thaw`)
  await untilReadyz(gateway, 'ready')
  while (await stalledPartitions(gateway) > 0);
  await Promise.all(publishers.map((one) => one.stop()))
  t.equal(gateway.app.gateway.hub.sockets, sockets)
  t.same(publishers.flatMap(({ others }) => others), [])
  const records = await readAll(kafka.brokers, topics.uplink)
  t.same(mistakes(records, new Map(publishers.map(({ name, acked }) => [name, acked]))), [], `${records.length} records`)
})

async function start (gateway: TestGateway): Promise<Publisher[]> {
  return await Promise.all(Array.from({ length: sockets }, async (_, n) => new Publisher(`d${n}`, await gateway.device(`d${n}`), window)))
}

async function stalledPartitions (gateway: TestGateway): Promise<number> {
  const metrics = await (await fetch(`${gateway.origin}/metrics`)).text()
  return [...metrics.matchAll(/^sluice_stalled_partitions\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Asks until /readyz says so; it stays 200 all the while. */
async function untilReadyz (gateway: TestGateway, wanted: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${gateway.origin}/readyz`)
    const { status } = await response.json() as { status: string }
    if (response.status !== 200) throw new Error(`readyz answered ${response.status}`)
    if (status === wanted) return
    await delay(20)
  }
}

interface Flow { delivered: number[], firstAfter: (at: number) => Promise<number>, missing: () => number[], stop: () => Promise<void> }

/** Messages over HTTP to one device, ten at a time, without pause. */
function flow (gateway: TestGateway): Flow {
  const delivered: number[] = []
  const stored: number[] = []
  const times: number[] = []
  let waiting: Array<() => void> = []
  const stopping = new AbortController()
  let n = 0
  const post = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const data = ++n
      const response = await fetch(`${gateway.origin}/v1/devices/listener/messages`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data })
      })
      await response.arrayBuffer()
      if (response.status === 201) stored.push(data)
      else throw new Error(`a message was answered with ${response.status}`)
    }
  }
  const running = gateway.device('listener').then(async (device) => {
    device.socket.on('message', (text) => {
      const { type, data } = JSON.parse(String(text)) as { type: string, data: number }
      if (type !== 'message') return // it is told of the stall, too
      delivered.push(data)
      times.push(performance.now())
      for (const tell of waiting) tell()
      waiting = []
    })
    await Promise.all(Array.from({ length: 10 }, post))
  })
  const next = (): Promise<void> => new Promise((resolve) => { waiting.push(resolve) })
  const missing = (): number[] => stored.filter((data) => !delivered.includes(data))
  return {
    delivered,
    missing,
    firstAfter: async (at) => {
      while ((times.at(-1) ?? 0) <= at) await next()
      return times.find((time) => time > at) as number
    },
    stop: async () => {
      stopping.abort()
      await running
      while (missing().length > 0) await next()
    }
  }
}
