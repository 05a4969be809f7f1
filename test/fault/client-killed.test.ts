import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { connect } from '../../src/client/client.ts'
import { readAll } from '../flow/kafka.ts'
import { testBroker } from '../kafka/broker.ts'
import { freePort } from '../kafka/ports.ts'
import { ClientMessages } from './client-messages.ts'
import { ClientPublisher, oneTo, withoutRepeats } from './client-publishers.ts'

const clients = 8
const window = 20
const lives = 3

await t.test('the gateway is killed with -9 under clients, and started again: nothing is lost, nothing doubled, up or down (G2, G3, G4)', async (t) => {
  const broker = await testBroker(t)
  const topics = [broker.topic('uplink'), broker.topic('downlink')] as const
  const port = await freePort()
  let gateway = await startGateway(broker.brokers, topics, port)
  t.teardown(async () => { gateway.kill('SIGKILL') })
  const publishers = Array.from({ length: clients }, (_, n) => new ClientPublisher(
    connect(`ws://127.0.0.1:${port}/ws/killed-${n}`, { WebSocket, minRetryMs: 50, maxRetryMs: 400 }), window))
  const messages = publishers.map(({ client }, n) => new ClientMessages(broker.brokers, topics[1], `killed-${n}`, client))
  t.teardown(() => Promise.all(publishers.map(({ client }) => client.close())))
  const allAcked = (more: number): Promise<unknown> => Promise.all(publishers.map((publisher) => publisher.acks(more)))
  for (let life = 1; life < lives; life++) {
    await allAcked(60)
    gateway.kill('SIGKILL')
    await once(gateway, 'exit')
    gateway = await startGateway(broker.brokers, topics, port)
  }
  await allAcked(60)
  await Promise.all(publishers.map((publisher) => publisher.stop()))
  await Promise.all(messages.map((one) => one.stop()))
  for (const { got, gaps, written } of messages) {
    t.same(got, oneTo(written), `${written} came, in order, each once`)
    t.same(gaps, [])
  }
  const records = await readAll(broker.brokers, topics[0])
  for (const { client, published, acked, failed } of publishers) {
    const kept = withoutRepeats(records, client.session)
    t.same(kept.map(({ data }) => data), oneTo(published), `all ${published} of ${client.session}, in order, each once`)
    t.same(failed, [])
    t.equal(acked.length, published)
    t.equal(client.pending, 0)
  }
  t.comment(`${records.length} records hold ${publishers.reduce((sum, { published }) => sum + published, 0)} publishes`)
})

async function startGateway (brokers: string, topics: readonly [string, string], port: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'gateway-process.ts'), [brokers, ...topics, String(port)])
  await once(child, 'message')
  return child
}
