import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { DevKafka } from '../../src/devkafka/broker.ts'
import type { RawBroker, RawBrokerPool, RawMetadata } from '../../src/log/kafka/kafkajs.ts'
import { Members } from '../../src/log/kafka/members.ts'
import { HeldClock } from '../session/given.ts'
import { becomes, faulty, TOPIC } from './faulty.ts'
import { append, kafkaLog, Ledger } from './given.ts'

/** A pool of brokers that need no network. */
function poolOf (metadata: (port: number) => Promise<RawMetadata>) {
  const cuts: number[] = []
  const pool = {
    brokers: {} as Record<string, RawBroker>,
    metadata: null,
    metadataExpireAt: null,
    connectBroker: () => Promise.resolve(),
    connectionPoolBuilder: { build: ({ host, port }: { host: string, port: number }) => Promise.resolve({ host, port, pool: [{ socket: { destroy: () => cuts.push(port) } }, {}] }) },
    createBroker: ({ connectionPool }: { connectionPool: { port: number } }) => ({ connectionPool, isConnected: () => connectionPool.port === 3, metadata: () => metadata(connectionPool.port) })
  }
  return { cuts, pool: pool as unknown as RawBrokerPool }
}

const cluster = (...ports: number[]): RawMetadata => ({ clusterId: 'c', topicMetadata: [], brokers: ports.map((port) => ({ nodeId: port * 10, host: 'h', port, rack: null })) })
const nodes = (pool: RawBrokerPool): string[] => Object.entries(pool.brokers).map(([id, { connectionPool: { host, port } }]) => `${id} ${host}:${port}`)

await t.test('those that have left are cut off, those that stay keep their connections, and who answered last is asked first', async t => {
  const asked: number[] = []
  let members = cluster(1, 2, 3)
  const { cuts, pool } = poolOf((port) => {
    asked.push(port)
    return port === 1 ? Promise.reject(new Error('away')) : Promise.resolve(members)
  })
  const it = new Members(pool, ['h:1', '[h]:2'], new HeldClock())
  await it.refresh(['t'])
  t.strictSame([asked.splice(0), nodes(pool), cuts.splice(0)], [[1, 2], ['10 h:1', '20 h:2', '30 h:3'], []], 'whom the settings name were asked, and are members')
  const [, , third] = Object.values(pool.brokers)
  members = cluster(1, 3)
  await it.refresh(['t'])
  t.strictSame([asked.splice(0), nodes(pool), cuts.splice(0)], [[2], ['10 h:1', '30 h:3'], [2]])
  t.equal(pool.brokers['30'], third)
  await it.refresh(['t'])
  t.strictSame([asked.splice(0), cuts.splice(0)], [[3], []], 'who is connected is asked before others')
})

await t.test('a broker that is somewhere else now is another one', async t => {
  const { cuts, pool } = poolOf(() => Promise.resolve({ clusterId: 'c', topicMetadata: [], brokers: [{ nodeId: 10, host: 'h', port: moved ? 4 : 1, rack: null }] }))
  let moved = false
  const it = new Members(pool, ['h:1'], new HeldClock())
  await it.refresh([])
  moved = true
  await it.refresh([])
  t.strictSame([nodes(pool), cuts], [['10 h:4'], [1]])
})

await t.test('whom the settings name, and who is no member, is let go of again', async t => {
  const { cuts, pool } = poolOf(() => Promise.resolve(cluster(3)))
  await new Members(pool, ['alias:9'], new HeldClock()).refresh([])
  t.strictSame([nodes(pool), cuts], [['30 h:3'], [9]])
})

await t.test('a named broker that accepts connections and says nothing is passed over', async t => {
  const sockets: Socket[] = []
  const frozen = createServer((socket) => { sockets.push(socket.on('error', () => {})) }).listen(0, '127.0.0.1')
  await once(frozen, 'listening')
  const dev = new DevKafka({ port: 0 })
  const log = kafkaLog(`127.0.0.1:${(frozen.address() as AddressInfo).port},${await dev.listen()}`, { topics: [TOPIC], createTopics: true, connectTimeoutMs: 60_000, requestTimeoutMs: 60_000 })
  t.teardown(async () => {
    await log.close()
    await dev.close()
    for (const socket of sockets) socket.destroy()
    frozen.close()
  })
  await log.open()
  const ledger = new Ledger()
  append(log.topic(TOPIC), ledger, 1)
  await ledger.answered(1)
  t.ok(sockets.length > 0, 'it was asked')
})

await t.test('while an answer is late the members are asked for again', async t => {
  const { dev, put, ledger } = await faulty(t, { requestTimeoutMs: 60_000 })
  dev.faults.push('Produce', { freeze: 'request' })
  put(1)
  await becomes(() => dev.faults.frozen === 1)
  dev.faults.push('Metadata', { delay: 'request', ms: 1 }, { cut: 'request' })
  await becomes(() => dev.faults.pending === 0)
  dev.faults.thaw()
  await ledger.answered(1)
  t.strictSame(ledger.failures, [])
})
