import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { authenticate, bearer, OPERATOR } from './callers.ts'
import { gatewayOn, startGateway, type TestGateway } from './gateway.ts'
import { readAll } from './kafka.ts'

const broker = await testBroker(t)

await t.test('a kick closes the device\'s sockets on every instance, and it may come back', async (t) => {
  const a = await startGateway(t, broker, { authenticate })
  const another = async (): Promise<TestGateway> => await gatewayOn(t, broker.brokers, { uplink: a.uplink, downlink: a.downlink }, { authenticate })
  const b = await another()
  const headers = bearer({ device: 'd1' })
  const sockets = [await a.device('d1', { headers }), await a.raw('d1', { headers }), await b.device('d1', { headers })]
  const neighbour = await b.device('d2', { headers: bearer({ device: 'd2' }) })
  const kick = async (path: string, headers: Record<string, string> = bearer(OPERATOR)): Promise<[number, unknown]> => {
    const answer = await fetch(`${a.origin}${path}`, { method: 'DELETE', headers })
    return [answer.status, await answer.json()]
  }
  t.match(await kick('/v1/devices/d1/sockets', headers), [403, { code: 'forbidden' }])
  t.match(await kick('/v1/devices/a%20b/sockets'), [400, { code: 'bad-device-id' }])
  t.strictSame(await kick('/v1/devices/d1/sockets'), [202, { here: 2 }])
  for (const { ended } of sockets) t.match(await ended, { code: 4007, reason: /^kicked: / })
  t.strictSame(await kick('/v1/devices/nobody/sockets'), [202, { here: 0 }])
  await neighbour.stored(1, 'nobody else hears of it')

  const back = [await a.device('d1', { headers }), await b.device('d1', { headers })]
  const third = await another()
  await Promise.all([...back, await third.device('d1', { headers })].map((device) => device.stored(1, 'back')))
  for (;;) { // compaction will leave nothing of it
    const left = new Map((await readAll(broker.brokers, `${a.downlink}.revocations`)).map(({ key, value }) => [key, value]))
    if ([...left.keys()].sort().join() === 'kick/d1,kick/nobody' && [...left.values()].every((value) => value === null)) break
  }
})
