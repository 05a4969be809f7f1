import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { readDevice, write } from './kafka.ts'

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)
const { brokers } = broker

await t.test('the welcome says who, where, and how much', async (t) => {
  const device = await gateway.device('sensor~1:a.b-c_d')
  t.match(device.welcome, {
    type: 'welcome',
    device: 'sensor~1:a.b-c_d',
    session: /^[\w-]{16}$/,
    storage: 'kafka',
    heartbeatMs: 30_000,
    limits: { maxFrameBytes: 65_536, inFlight: 256, outboxBytes: 1_048_576 }
  })
  await device.close()
})

await t.test('a publish is a record: its key, its value as written, its headers; the ack names its place (G1)', async (t) => {
  const device = await gateway.device('pub-1')
  const session = device.welcome?.session as string
  const values = ['{ "big": 12345678901234567890, "b": 1.10,"a":[] }', '"ž🐎"', 'null', '0', '[1, 2]', '""']
  for (const [i, value] of values.entries()) device.send(`{"type":"publish","id":${i + 1},"data":${value}}`)
  device.send('{ "event" : "alarm", "data" : {"c": 99} , "id": 10, "type" : "publish" }')
  const ack = await device.acked(10)
  const records = await readDevice(brokers, gateway.uplink, 'pub-1')
  t.same(records.map(({ value }) => String(value)), [...values, '{"c": 99}'])
  t.same(records.map(({ headers }) => headers), [
    ...values.map((_, i) => ({ 'sluice-id': `${session}:${i + 1}` })),
    { 'sluice-id': `${session}:10`, event: 'alarm' }
  ])
  t.match(ack, { partition: records.at(-1)?.partition, offset: records.at(-1)?.offset })
  t.same(device.waiting, [], 'acks only, and none beyond the last')
  await device.close()
})

await t.test('bytes travel as base64', async (t) => {
  const device = await gateway.device('bytes-1')
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  device.publish(1, { base64: bytes.toString('base64') })
  device.publish(2, { base64: '', event: 'nothing' })
  await device.acked(2)
  const [some, none] = await readDevice(brokers, gateway.uplink, 'bytes-1')
  t.ok(some?.value?.equals(bytes))
  t.match(some?.headers, { 'content-type': 'application/octet-stream' })
  t.equal(none?.value?.length, 0)
  t.match(none?.headers, { 'content-type': 'application/octet-stream', event: 'nothing' })
  await device.close()
})

await t.test('a record of the downlink is a message: JSON as it stands, anything else as base64', async (t) => {
  const device = await gateway.device('down-1')
  const timestamp = '1790000000123'
  await write(brokers, gateway.downlink, [
    { key: 'down-1', value: '{ "n": 1.00, "big": 12345678901234567890 }', headers: { event: 'set' }, timestamp },
    { key: 'down-1', value: 'no JSON', timestamp },
    { key: 'down-1', value: Buffer.from([0xff, 0x00]), timestamp },
    { key: 'down-1', value: '[1]', headers: { 'content-type': 'text/csv', event: 'rows' }, timestamp },
    { key: 'down-1', value: '[1]', headers: { 'content-type': 'application/json' }, timestamp },
    { key: 'down-1', value: null, headers: { event: 'tombstone' }, timestamp }
  ])
  const time = 1_790_000_000_123
  const texts: string[] = []
  device.socket.on('message', (data) => texts.push(String(data)))
  const frames = await device.take(6)
  const cursors = frames.map(({ cursor }) => cursor)
  t.equal(new Set(cursors).size, 6, 'each has a cursor of its own')
  t.same(frames.map(({ cursor, ...rest }) => rest), [
    { type: 'message', event: 'set', data: JSON.parse('{ "n": 1.00, "big": 12345678901234567890 }'), time },
    { type: 'message', base64: Buffer.from('no JSON').toString('base64'), time },
    { type: 'message', base64: '/wA=', time },
    { type: 'message', event: 'rows', base64: Buffer.from('[1]').toString('base64'), contentType: 'text/csv', time },
    { type: 'message', data: [1], time },
    { type: 'message', event: 'tombstone', time }
  ])
  t.match(texts[0], '"data":{ "n": 1.00, "big": 12345678901234567890 }', 'no digit is lost')
  await device.close()
})

await t.test('what is wrong with a publish is refused, and what comes behind is not', async (t) => {
  const device = await gateway.device('refused-1')
  device.publish(5, { data: 1 })
  device.publish(5, { data: 2 })
  device.publish(4, { data: 3 })
  device.publish(6, {})
  device.publish(6, { data: 4 })
  const refused = []
  let ack = 0
  while (ack < 6 || refused.length < 3) {
    const frame = await device.next()
    if (frame.type === 'ack') ack = frame.id as number
    else refused.push(frame)
  }
  t.match(refused, [
    { type: 'refused', id: 5, code: 'id-not-rising', temporary: false, outcome: 'not-stored' },
    { type: 'refused', id: 4, code: 'id-not-rising' },
    { type: 'refused', id: 6, code: 'bad-field' }
  ])
  const records = await readDevice(brokers, gateway.uplink, 'refused-1')
  t.same(records.map(({ value }) => String(value)), ['1', '4'])
  await device.close()
})

await t.test('ten thousand publishes in a row: each once, in order, acked (G1, G2)', async (t) => {
  const device = await gateway.device('row-1')
  const count = 10_000
  for (let id = 1; id <= count; id++) device.publish(id, { data: id })
  const ack = await device.acked(count)
  const records = await readDevice(brokers, gateway.uplink, 'row-1')
  t.equal(records.length, count)
  t.ok(records.every(({ value }, i) => String(value) === String(i + 1)), 'in order, none twice')
  t.equal(ack.offset, records.at(-1)?.offset)
  await device.close()
})
