import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'

await t.test('a frame at which our own code fails ends its socket, and nothing else', async (t) => {
  const gateway = await startGateway(t, await testBroker(t))
  const [met, other] = [await gateway.device('met'), await gateway.device('other')]
  const session = [...gateway.app.gateway.hub.sessions()].find(({ device }) => device === 'met')
  Object.assign(session as object, { receive: () => { throw new Error('never foreseen') } })
  met.publish(1, { data: 1 })
  t.match(await met.ended, { reason: /^internal: / })
  await other.stored(1, 1)
})
