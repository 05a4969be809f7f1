import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway } from './gateway.ts'
import { readDevice, write } from './kafka.ts'

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const notUtf8 = Buffer.from([0xc3, 0x28, 0xff, 0xfe])
const largest = Buffer.alloc(64 * 1024, 'sluice')

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)
const { brokers } = broker

await t.test('a frame is a record of the uplink, byte for byte (G1)', async (t) => {
  const device = await gateway.raw('up-1')
  const frames = ['hello', 'žluťoučký kůň 🐎', everyByte, notUtf8, '', Buffer.alloc(0), largest, largest.toString(), '{"c": 21.50}']
  for (const frame of frames) device.send(frame)
  // Raw mode has no acks; a protocol socket of the same device is served by the same partition, behind them.
  const witness = await gateway.device('up-1')
  await witness.stored(1, 'behind')
  const records = await readDevice(brokers, gateway.uplink, 'up-1')
  t.equal(records.length, frames.length + 1)
  for (const [i, frame] of frames.entries()) t.ok(records[i]?.value?.equals(Buffer.from(frame)), `frame ${i}`)
  t.match(records[0]?.headers['sluice-id'], /^[\w-]{16}:1$/)
  t.same(Object.keys(records[0]?.headers ?? {}), ['sluice-id'])
  t.ok(Math.abs((records[0]?.timeMs ?? 0) - Date.now()) < 60_000, "the record's time is the gateway's")
  await device.close()
  await witness.close()
})

await t.test('a record of the downlink is a frame: text where it may be, else binary', async (t) => {
  const device = await gateway.raw('down-1')
  const texts = await gateway.raw('down-1', { query: '?frames=text' })
  const binaries = await gateway.raw('down-1', { query: '?frames=binary' })
  const cases: Array<{ value: Buffer | string | null, type?: string, text: boolean }> = [
    { value: '{"lamp":true}', text: true },
    { value: 'plain', text: true },
    { value: '', text: true },
    { value: largest, text: true },
    { value: notUtf8, text: false },
    { value: everyByte, text: false },
    { value: 'text all the same', type: 'text/plain; charset=utf-8', text: true },
    { value: '[1]', type: 'application/json', text: true },
    { value: '[1]', type: 'application/vnd.sensor+json; v=1', text: true },
    { value: 'bytes', type: 'application/octet-stream', text: false },
    { value: notUtf8, type: 'text/plain', text: false }, // a text frame has to be UTF-8
    { value: null, text: true } // a tombstone: not sent
  ]
  await write(brokers, gateway.downlink, cases.map(({ value, type }) =>
    ({ key: 'down-1', value, ...(type === undefined ? {} : { headers: { 'content-type': type } }) })))
  await write(brokers, gateway.downlink, [{ key: 'down-1', value: 'the last' }])
  for (const { value, type, text } of cases.filter(({ value }) => value !== null)) {
    const bytes = Buffer.from(value as string)
    const name = `${type ?? 'no type'}, ${bytes.length} bytes`
    t.same(await device.next(), text ? bytes.toString() : bytes, name)
    t.same(await binaries.next(), bytes, `${name}, binary`)
    const isUtf8 = !bytes.equals(notUtf8) && !bytes.equals(everyByte)
    t.same(await texts.next(), isUtf8 ? bytes.toString() : bytes, `${name}, text`)
  }
  for (const one of [device, texts]) t.equal(await one.next(), 'the last')
  t.same(await binaries.next(), Buffer.from('the last'))
  for (const one of [device, texts, binaries]) await one.close()
})

await t.test('sluice.raw is raw mode by its name', async (t) => {
  const named = await gateway.raw('named', { protocols: ['unknown', 'sluice.raw', 'sluice.v1'] })
  t.equal(named.socket.protocol, 'sluice.raw')
  await write(brokers, gateway.downlink, [{ key: 'named', value: 'x' }])
  t.equal(await named.next(), 'x')
  await named.close()
})

await t.test('records that are nobody\'s here, and those whose key is none, go by', async (t) => {
  const device = await gateway.raw('only-me')
  await write(brokers, gateway.downlink, [
    { key: 'somebody-else', value: 'no' }, { key: null, value: 'no' }, { key: '', value: 'no' }, { key: 'x'.repeat(200), value: 'no' },
    { key: 'only-me', value: 'yes' }
  ])
  t.equal(await device.next(), 'yes')
  await device.close()
})
