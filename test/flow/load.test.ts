import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import kafkajs from 'kafkajs'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { mistakes } from '../fault/publishers.ts'
import type { ProtocolDevice } from './device.ts'
import { startGateway } from './gateway.ts'
import { readAll, withProducer, write } from './kafka.ts'

const sockets = 1_000
const frames = 100
const CONNECT_AT_ONCE = 100
/** Five compressions and a transactional producer. */
const perStage = 16
const committed = frames - 5 * perStage

const hasKcat = spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0

await t.test('a thousand sockets', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const { brokers } = broker
  const names = Array.from({ length: sockets }, (_, n) => `load-${n}`)
  const devices: ProtocolDevice[] = []
  for (let n = 0; n < sockets; n += CONNECT_AT_ONCE) {
    devices.push(...await Promise.all(names.slice(n, n + CONNECT_AT_ONCE).map((name) => gateway.device(name))))
  }

  await t.test(`${frames} frames each: every acked one is in the topic once and in order (G1, G2)`, async (t) => {
    const from = performance.now()
    for (let id = 1; id <= frames; id++) for (const device of devices) device.publish(id, { data: id })
    await Promise.all(devices.map((device) => device.acked(frames)))
    t.comment(`${sockets * frames} acked in ${Math.round(performance.now() - from)} ms, clients in the same process`)
    const records = await readAll(brokers, gateway.uplink)
    t.equal(records.length, sockets * frames)
    t.same(mistakes(records, new Map(names.map((name) => [name, frames]))), [])
  })

  await t.test(`${frames} records each, in every compression and from transactions: each comes once and in order (G4)`, async (t) => {
    const stage = (from: number, count: number): Array<{ key: string, value: string }> =>
      Array.from({ length: count }, (_, n) => names.map((key) => ({ key, value: String(from + n) }))).flat()
    let next = 1
    const take = (count: number): Array<{ key: string, value: string }> => stage((next += count) - count, count)

    await write(brokers, gateway.downlink, take(perStage))
    await write(brokers, gateway.downlink, take(perStage), { compression: kafkajs.CompressionTypes.GZIP })
    for (const compression of ['snappy', 'lz4', 'zstd']) {
      if (hasKcat) await kcat(compression, brokers, gateway.downlink, take(perStage))
      else {
        t.comment(`kcat is not here: nothing is written in ${compression}`)
        await write(brokers, gateway.downlink, take(perStage))
      }
    }
    await withProducer(brokers, async (producer) => {
      for (let left = committed; left > 0; left -= 5) {
        const aborted = await producer.transaction()
        await aborted.send({ topic: gateway.downlink, messages: stage(1_000_000, 1) })
        await aborted.abort()
        const kept = await producer.transaction()
        await kept.send({ topic: gateway.downlink, messages: take(5) })
        await kept.commit()
      }
    }, { transactionalId: `load-${randomUUID()}` })

    const due = Array.from({ length: frames }, (_, n) => n + 1).join()
    const wrong: string[] = []
    for (const [n, device] of devices.entries()) {
      const got = (await device.take(frames)).map(({ data }) => data).join()
      if (got !== due) wrong.push(`${names[n]}: ${got}`)
    }
    t.same(wrong.slice(0, 5), [])
    // Whatever were sent twice, or belongs to an aborted transaction, would come before this.
    await write(brokers, gateway.downlink, names.map((key) => ({ key, value: '"the end"' })))
    for (const device of devices) if ((await device.next()).data !== 'the end') t.fail('one too many')
    t.equal(gateway.app.gateway.hub.misplaced, 0)
    t.equal(gateway.app.gateway.undecodable, 0)
  })
})

async function kcat (compression: string, brokers: string, topic: string, records: Array<{ key: string, value: string }>): Promise<void> {
  const child = spawn('kcat', ['-P', '-b', brokers, '-t', topic, '-K', '\t', '-z', compression, '-X', 'topic.partitioner=murmur2_random'], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(records.map(({ key, value }) => `${key}\t${value}\n`).join(''))
  const [code] = await once(child, 'exit') as [number]
  if (code !== 0) throw new Error(`kcat ended with ${code}`)
}
