import { randomBytes } from 'node:crypto'
import t from 'tap'
import { DevKafka } from '../../src/devkafka/broker.ts'
import { batch } from './batches.ts'
import { fetchOne, produce } from './raw.ts'
import { kafkajs, start } from './start.ts'

await t.test('a port that is taken', async t => {
  const { address } = await start(t)
  const second = new DevKafka({ port: Number(address.split(':')[1]) })
  await t.rejects(second.listen(), { code: 'EADDRINUSE' })
  await second.close()
})

await t.test('an unknown topic comes to be where that is allowed', async t => {
  for (const autoCreate of [false, true]) {
    const { broker, connect } = await start(t, { autoCreate })
    const client = await connect()
    for (const [topic, allowed] of [['allowed', true], ['not-allowed', false], ['..', true]] as const) {
      await client.request('Metadata', 4, (body) => body.array([topic], (w, name) => w.string(name)).boolean(allowed))
    }
    t.same(broker.topics.names(), autoCreate ? ['allowed'] : [])
  }
})

await t.test('a client that is newer than the broker is told the versions', async t => {
  const { connect, said } = await start(t)
  const client = await connect()
  const answer = await client.request('ApiVersions', 3, (body) => body.int8(0))
  t.equal(answer.int16(), 35)
  const versions = new Map(answer.array((a) => [a.int16(), [a.int16(), a.int16()]] as const))
  t.same([versions.get(0), versions.get(1), answer.left], [[3, 8], [4, 11], 0])
  t.same(said, [])
})

await t.test('what it does not have is named once, and ends the connection', async t => {
  const { connect, said } = await start(t)
  for (const [key, version] of [[29, 1], [29, 1], [0, 99], [0, 0], [999, 0]] as const) {
    const client = await connect()
    client.send(key, version, Buffer.alloc(0))
    await client.closed
  }
  t.same(said, ['DescribeAcls version 1', 'Produce version 99', 'Produce version 0', 'API 999 version 0']
    .map((what) => `A client (raw) asked for ${what}, which this broker does not have.`))
})

await t.test('hostile bytes end their connection only', async t => {
  const { broker, connect, said } = await start(t)
  broker.topics.create({ name: 'a' })
  const good = await connect()
  const hostile = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0, 0, 0, 2, 0, 3]),
    Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
    Buffer.concat([Buffer.from([0, 0, 1, 0]), randomBytes(256)])
  ]
  for (const bytes of hostile) {
    const client = await connect()
    client.socket.write(bytes)
    await client.closed
  }
  t.ok(said.length > 0)
  const half = await connect()
  half.socket.end(Buffer.from([0, 0, 0, 100, 0, 0]))
  await half.closed
  t.same(await produce(good, 'a', batch()), { error: 'NONE', base: 0 }, 'others go on')
})

await t.test('a frame that comes in pieces', async t => {
  const { connect } = await start(t)
  const client = await connect()
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])
  for (const byte of Buffer.concat([request, request])) {
    client.socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  t.equal((await client.answer()).int16(), 0)
  t.equal((await client.answer()).int16(), 0)
})

await t.test('a client that does not read is not answered ahead', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const client = await connect()
  const values = ['x'.repeat(1_000_000)]
  for (let n = 0; n < 8; n++) await produce(client, 'a', batch({ values }))
  client.socket.pause()
  const answers = Array.from({ length: 10 }, () => fetchOne(client, 'a', { maxBytes: 10_000_000, partitionBytes: 10_000_000 }))
  await (await connect()).request('ApiVersions', 0)
  client.socket.resume()
  for (const { records } of await Promise.all(answers)) t.ok(records.length > 1_000_000)
})

await t.test('a topic that is deleted ends its long polls', async t => {
  const { broker, connect } = await start(t)
  broker.topics.create({ name: 'a' })
  const [client, other] = [await connect(), await connect()]
  const waiting = fetchOne(client, 'a', { maxWaitMs: 30_000 })
  await other.request('ApiVersions', 0)
  broker.topics.delete('a')
  t.equal((await waiting).error, 'UNKNOWN_TOPIC_OR_PARTITION')
})

await t.test('it is reached at the address that the client used', async t => {
  const { address } = await start(t, { host: '0.0.0.0' })
  const port = Number(address.split(':')[1])
  const admin = kafkajs(`127.0.0.1:${port}`).admin()
  await admin.connect()
  t.match(await admin.describeCluster(), { brokers: [{ nodeId: 1, host: '127.0.0.1', port }], controller: 1 })
  await admin.disconnect()
})
