import t from 'tap'
import { readAll } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'
import { forkGateway } from './fork-gateway.ts'
import { AckResender, losses, PongResender } from './resenders.ts'

/** `GATEWAY_KILLS=50` for the long form. */
const kills = Number(process.env.GATEWAY_KILLS ?? 3)
const MOST_ACKS = 2_000

await t.test(`the gateway is killed with -9 under load, ${kills} times: what it acked is in Kafka, in order (G1, G2, G3)`, async (t) => {
  const broker = await testBroker(t)
  const topics = [broker.topic('uplink'), broker.topic('downlink')] as const
  const progress = { acks: 0, tell: () => {} }
  const told = (): void => {
    progress.acks += 1
    progress.tell()
  }
  const devices = [
    ...Array.from({ length: 25 }, (_, n) => new AckResender(`ack-${n}`, told)),
    ...Array.from({ length: 5 }, (_, n) => new PongResender(`pong-${n}`, told))
  ]
  for (let kill = 1; kill <= kills; kill++) {
    const { child, origin } = await forkGateway(broker.brokers, topics)
    const before = devices.map(({ stored }) => stored)
    const enough = progress.acks + Math.random() * MOST_ACKS
    const lives = devices.map((device) => device.live(origin))
    while (progress.acks < enough || devices.some(({ stored }, n) => stored === before[n])) await new Promise<void>((resolve) => { progress.tell = resolve })
    child.kill('SIGKILL')
    const codes = new Set(await Promise.all(lives))
    if (codes.size !== 1 || !codes.has(1006)) t.fail(`kill ${kill}: sockets ended with ${[...codes].join()}`)
  }
  const records = await readAll(broker.brokers, topics[0])
  t.same(losses(records, devices), [], 'none that was acked is missing, all are in order')
  const stored = devices.reduce((sum, one) => sum + one.stored, 0)
  t.comment(`${kills} kills, ${progress.acks} acks and pongs for ${stored} frames, ${records.length} records`)
  t.ok(records.length >= stored)
})

await t.test('the check finds what is lost, and what is out of order', async (t) => {
  const device = new AckResender('d', () => {})
  device.stored = 3
  const records = (...values: number[]) => values.map((value, offset) => ({ partition: 0, offset, key: 'd', value: Buffer.from(String(value)), headers: {}, timeMs: 0 }))
  t.same(losses(records(1, 2, 1, 2, 3, 2, 4), [device]), [])
  t.same(losses(records(1, 2), [device]), ['d: 3 are known to be stored, and 2 are there'])
  t.same(losses(records(1, 3), [device]), ['d: 3 after 1, at 0/1'])
})
