import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { bearer, believing, OPERATOR } from './callers.ts'
import { crowd } from './crowd.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'

const broker = await testBroker(t)
const INSTANCES = 3
const devices = Number(process.env.REVOKED_AMONG ?? 300)
const ids = Array.from({ length: devices }, (_, n) => `d${n}`)
const thief = ids[Math.floor(devices / 2)] as string

async function all (t: Parameters<typeof gatewayOn>[0], { uplink, downlink }: Pick<TestGateway, 'uplink' | 'downlink'>): Promise<TestGateway[]> {
  return await Promise.all(Array.from({ length: INSTANCES }, () => gatewayOn(t, broker.brokers, { uplink, downlink }, { authenticate: believing })))
}

await t.test('one of thousands of devices is revoked: out within a second on all instances, nobody else is touched, and out it stays when all were restarted', async (t) => {
  const first = await startGateway(t, broker, { authenticate: believing })
  await first.app.close()
  const clients = crowd(t)
  const come = async (gateways: readonly TestGateway[]): Promise<void> => {
    for (const [n, { host }] of gateways.entries()) {
      const mine = ids.filter((id, at) => at % INSTANCES === n && id !== thief).map((id): [string, string] => [id, 'earliest'])
      t.strictSame((await clients.come({ host, devices: mine, atOnce: 100, records: 0 })).wrong, [])
    }
  }
  const sockets = (gateways: readonly TestGateway[]): number => gateways.reduce((sum, { app }) => sum + app.gateway.hub.sockets, 0)

  const gateways = await all(t, first)
  const headers = bearer({ device: thief })
  await come(gateways)
  const stolen = await Promise.all(gateways.flatMap((gateway) => [gateway.device(thief, { headers }), gateway.raw(thief, { headers })]))
  t.equal(sockets(gateways), devices - 1 + stolen.length)
  const began = performance.now()
  const answer = await fetch(`${gateways[0]?.origin}/v1/revocations`, {
    method: 'POST', body: JSON.stringify({ device: thief }), headers: { ...bearer(OPERATOR), 'content-type': 'application/json' }
  })
  t.equal(answer.status, 201)
  const answeredMs = performance.now() - began
  t.strictSame(await Promise.all(stolen.map(async ({ ended }) => (await ended).code)), stolen.map(() => 4509))
  const closedMs = performance.now() - began
  t.ok(closedMs < 1_000, `of ${devices} devices: answered after ${Math.round(answeredMs)} ms, closed on ${INSTANCES} instances after ${Math.round(closedMs)} ms`)
  while (sockets(gateways) > devices - 1) await new Promise((resolve) => setImmediate(resolve)) // until this side has heard of their ends
  t.equal(sockets(gateways), devices - 1)
  await Promise.all(gateways.map(({ app }) => app.close()))
  await clients.go()

  const restarted = await all(t, first)
  for (const { origin } of restarted) t.equal((await fetch(`${origin}/ws/${thief}`, { headers })).status, 401)
  await come(restarted)
  t.equal(sockets(restarted), devices - 1)
  await clients.go()
})
