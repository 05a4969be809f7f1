import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Client } from '../../src/client/client.ts'
import { world } from '../../src/client/environment.ts'
import type { Events, State } from '../../src/client/options.ts'
import { startGateway, type TestGateway } from '../flow/gateway.ts'
import { readDevice } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'
import { Proxy } from '../net/proxy.ts'
import { ClientMessages } from './client-messages.ts'
import { ClientPublisher, oneTo, withoutRepeats } from './client-publishers.ts'

/** For the client time runs this much faster: its heartbeats of 5 s take a quarter of one. */
const faster = 20

async function proxyTo (t: Test, { origin }: TestGateway): Promise<{ proxy: Proxy, port: number }> {
  const proxy = new Proxy()
  proxy.target = Number(new URL(origin).port)
  t.teardown(() => proxy.close())
  return { proxy, port: await proxy.listen() }
}

await t.test('the network under a client is cut, refuses, and goes silent: nothing is lost, nothing doubled, up or down (G2, G3, G4)', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker, { settings: { ws: { heartbeatMs: 5_000 } } })
  const { proxy, port } = await proxyTo(t, gateway)
  const client = new Client(`ws://127.0.0.1:${port}/ws/networked`, { WebSocket, minRetryMs: 100, maxRetryMs: 1_000 }, { ...world, after: (ms, fn) => world.after(ms / faster, fn) })
  t.teardown(() => client.close())
  const states: State[] = []
  client.on('state', (state) => states.push(state))
  const publisher = new ClientPublisher(client, 20)
  const messages = new ClientMessages(broker.brokers, gateway.downlink, 'networked', client)
  const lost = (reason: RegExp): Promise<void> => new Promise((resolve) => {
    const off = client.on('connecting', ({ why }) => {
      if (why === undefined || !reason.test(why)) return
      off()
      resolve()
    })
  })

  await publisher.acks(50)
  for (let cuts = 0; cuts < 5; cuts++) {
    const isLost = lost(/The connection was lost/)
    proxy.cut()
    await isLost
    await publisher.acks(50)
  }

  const isRefused = lost(/The gateway does not answer/)
  await proxy.close()
  await isRefused
  await proxy.listen(port)
  await publisher.acks(50)

  const isSilent = lost(/Nothing was heard for two heartbeats/)
  proxy.deafen()
  await isSilent
  await publisher.acks(50)

  await Promise.all([publisher.stop(), messages.stop()])
  t.same(messages.got, oneTo(messages.written), `${messages.written} came, in order, each once`)
  t.same(messages.gaps, [])
  const kept = withoutRepeats(await readDevice(broker.brokers, gateway.uplink, 'networked'), client.session)
  t.same(kept.map(({ data }) => data), oneTo(publisher.published), `all ${publisher.published}, in order, each once`)
  t.equal(publisher.acked.length, publisher.published)
  t.ok(proxy.connections >= 8)
  t.equal(states.at(-1)?.name, 'live')
})

await t.test('a client that nobody says anything to asks, and stays', async (t) => {
  const gateway = await startGateway(t, await testBroker(t))
  const { proxy, port } = await proxyTo(t, gateway)
  const timers = new Set<() => void>()
  const after = (_ms: number, fn: () => void): () => void => {
    timers.add(fn)
    return () => timers.delete(fn)
  }
  const heartbeat = (): void => {
    const due = [...timers]
    timers.clear()
    for (const fn of due) fn()
  }
  const client = new Client(`ws://127.0.0.1:${port}/ws/quiet`, { WebSocket }, { ...world, after })
  t.teardown(() => client.close())
  const next = <Name extends 'live' | 'watching'>(name: Name): Promise<Events[Name]> => new Promise((resolve) => {
    const off = client.on(name, (event) => {
      off()
      resolve(event)
    })
  })
  await next('live')
  for (let silences = 1; silences <= 3; silences++) {
    heartbeat()
    const answer = next('watching')
    heartbeat()
    t.same(await answer, [], 'an answer that changes nothing')
  }
  t.equal(client.state.name, 'live')
  t.equal(proxy.connections, 1)
})
