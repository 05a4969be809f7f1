import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import type { ProtocolDevice } from './device.ts'
import { startGateway, type TestGateway } from './gateway.ts'

const NEIGHBOURS = 20
const ROUNDS = 60
const EVERY_MS = 50

/** What a hostile device does, by itself and as fast as it can, in a process of its own. */
const attacks = ['one-byte frames', 'maximal frames', 'pings', 'fragments without end', 'connect and disconnect', 'requests', 'half requests'] as const

await t.test('whatever one device does, its neighbours lose nothing (G3, G6, G10)', async (t) => {
  const gateway = await startGateway(t, await testBroker(t), { settings: { quotas: { framesPerSecond: 2_000, bytesPerSecond: 4 * 1024 * 1024 }, http: { requestsPerSecond: 200, requestBurst: 400, maxIdle: 100, maxIdlePerAddress: 50 } } })
  const neighbours = await Promise.all(Array.from({ length: NEIGHBOURS }, (_, n) => gateway.device(`neighbour-${n}`)))
  const ids = { next: 1 }
  const alone = await steady(neighbours, ids)
  t.comment(`nobody hostile: p50 ${alone.p50} ms, p99 ${alone.p99} ms`)
  for (const attack of attacks) {
    await t.test(attack, async (t) => {
      const attacker = await attackBy(gateway, attack)
      t.teardown(() => { attacker.kill('SIGKILL') })
      const { p50, p99 } = await steady(neighbours, ids)
      t.comment(`${attack}: p50 ${p50} ms, p99 ${p99} ms, alone ${alone.p99} ms`)
      t.ok(neighbours.every(({ socket }) => socket.readyState === socket.OPEN), 'all are here still, and every publish was acked')
      t.equal(attacker.exitCode, null, 'the attacker is at it to the end')
      attacker.kill('SIGKILL')
      await once(attacker, 'exit')
    })
  }
})

/** Each neighbour publishes a frame every 50 ms, and waits for each ack. */
async function steady (neighbours: readonly ProtocolDevice[], ids: { next: number }): Promise<{ p50: number, p99: number }> {
  const tookMs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const id = ids.next++
    const from = performance.now()
    await Promise.all(neighbours.map(async (device) => {
      await device.stored(id, round)
      tookMs.push(performance.now() - from)
    }))
    const restMs = EVERY_MS - (performance.now() - from)
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs)) // the pace of a device, not a wait for something
  }
  tookMs.sort((a, b) => a - b)
  const at = (share: number): number => Math.round(tookMs[Math.floor(tookMs.length * share)] as number * 10) / 10
  return { p50: at(0.5), p99: at(0.99) }
}

/** Resolves when the attack is under way. */
async function attackBy (gateway: TestGateway, attack: typeof attacks[number]): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'attacker.ts'), [gateway.host, attack])
  await once(child, 'message')
  return child
}
