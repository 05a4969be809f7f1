import t from 'tap'
import { attackBy, end } from '../attacks/attack.ts'
import { Neighbours } from '../attacks/neighbours.ts'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'

const NEIGHBOURS = 20
const TIMES = 60
const attacks = ['one-byte frames', 'maximal frames', 'frames that look compressed', 'pings', 'fragments without end', 'connect and disconnect', 'requests', 'half requests'] as const

await t.test('whatever one device does, its neighbours lose nothing (G3, G6, G10)', async (t) => {
  const gateway = await startGateway(t, await testBroker(t), { settings: { quotas: { framesPerSecond: 2_000, bytesPerSecond: 4 * 1024 * 1024 }, http: { requestsPerSecond: 200, requestBurst: 400, maxIdle: 100, maxIdlePerAddress: 50 } } })
  const neighbours = new Neighbours(await Promise.all(Array.from({ length: NEIGHBOURS }, (_, n) => gateway.device(`neighbour-${n}`))))
  const alone = await neighbours.send(TIMES)
  t.comment(`nobody hostile: p50 ${alone.p50} ms, p99 ${alone.p99} ms`)
  for (const attack of attacks) {
    await t.test(attack, async (t) => {
      const attacker = await attackBy(gateway.host, attack)
      t.teardown(() => end(attacker))
      const { p50, p99 } = await neighbours.send(TIMES)
      t.comment(`${attack}: p50 ${p50} ms, p99 ${p99} ms, alone ${alone.p99} ms`)
      t.ok(neighbours.areHere, 'all are here still, and every publish was acked')
      t.equal(attacker.exitCode, null, 'the attacker is at it to the end')
    })
  }
})
