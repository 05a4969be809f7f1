import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { openDevice, ProtocolDevice } from '../flow/device.ts'
import { readAll } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'

const sockets = 30
const window = 16

await t.test('the gateway is killed with -9: what it acked is in Kafka, and the next one serves (G1, G3)', async (t) => {
  const broker = await testBroker(t)
  const topics = [broker.topic('uplink'), broker.topic('downlink')] as const
  const acked = new Map<string, number>()
  for (let life = 1; life <= 2; life++) {
    const { child, origin } = await startGateway(broker.brokers, topics)
    const names = Array.from({ length: sockets }, (_, n) => `life-${life}-${n}`)
    const devices = await Promise.all(names.map((name) => openDevice(new ProtocolDevice(`${origin.replace('http', 'ws')}/ws/${name}`, ['sluice.v1']))))
    const ends = devices.map(async (device, n) => {
      const name = names[n] as string
      await device.nextOf('welcome')
      for (let sent = 0, ack = 0; ; ack = (await device.nextOf('ack')).id as number) {
        acked.set(name, ack)
        while (sent < ack + window) device.publish(++sent, { data: sent })
      }
    })
    const over = Promise.allSettled(ends)
    while ([...acked.values()].filter((count) => count > 20).length < sockets * life) await new Promise((resolve) => setTimeout(resolve, 10))
    child.kill('SIGKILL')
    t.ok((await over).every(({ status }) => status === 'rejected'), 'every socket ended')
    t.same(new Set((await Promise.all(devices.map(({ ended }) => ended))).map(({ code }) => code)), new Set([1006]))
  }
  const stored = new Map<string, number>()
  const wrong: string[] = []
  for (const { key, value } of await readAll(broker.brokers, topics[0])) {
    const name = key as string
    if (Number(value) !== (stored.get(name) ?? 0) + 1) wrong.push(`${name}: ${String(value)} after ${stored.get(name)}`)
    stored.set(name, Number(value))
  }
  t.same(wrong.slice(0, 10), [], 'in order, none twice')
  t.same([...acked].filter(([name, count]) => (stored.get(name) ?? 0) < count), [], 'none that was acked is missing')
  t.equal(acked.size, 2 * sockets)
})

async function startGateway (brokers: string, topics: readonly [string, string]): Promise<{ child: ChildProcess, origin: string }> {
  const child = fork(join(import.meta.dirname, 'gateway-process.ts'), [brokers, ...topics])
  const [origin] = await once(child, 'message') as [string]
  return { child, origin }
}
