import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { gatewayOn, startGateway } from './gateway.ts'
import { write } from './kafka.ts'

const broker = await testBroker(t)
const gateway = await startGateway(t, broker)
const { brokers } = broker
const noKcat = await without('kcat')

await t.test('every socket of a device gets its records, and no other device does (G9)', async (t) => {
  const raw = await gateway.raw('tab')
  const one = await gateway.device('tab')
  const two = await gateway.device('tab')
  const other = await gateway.device('tab-2')
  await write(brokers, gateway.downlink, [1, 2, 3].map((n) => ({ key: 'tab', value: String(n) })))
  await write(brokers, gateway.downlink, [{ key: 'tab-2', value: '"mine"' }])
  t.same(await raw.take(3), ['1', '2', '3'])
  for (const tab of [one, two]) t.match(await tab.take(3), [{ data: 1 }, { data: 2 }, { data: 3 }])
  t.match(await other.next(), { data: 'mine' })
  await one.close()
  await write(brokers, gateway.downlink, [{ key: 'tab', value: '4' }])
  t.equal(await raw.next(), '4')
  t.match(await two.next(), { data: 4 })
  t.same(other.waiting, [])
  for (const each of [raw, two, other]) await each.close()
})

await t.test('ids are what they are: case counts, and one that begins another is another', async (t) => {
  const ids = ['a', 'A', 'aa', 'a.', '~a', 'a'.repeat(128)]
  const devices = await Promise.all(ids.map((id) => gateway.raw(encodeURIComponent(id))))
  await write(brokers, gateway.downlink, ids.map((id) => ({ key: id, value: `for ${id}` })))
  for (const [i, device] of devices.entries()) {
    t.equal(await device.next(), `for ${ids[i]}`)
    await device.close()
  }
})

await t.test('a second instance delivers to its own sockets: no instance needs to know of another (G8)', async (t) => {
  const second = await gatewayOn(t, brokers, { uplink: gateway.uplink, downlink: gateway.downlink })
  const here = await gateway.raw('roaming')
  const there = await second.raw('roaming')
  await write(brokers, gateway.downlink, [{ key: 'roaming', value: 'both' }])
  t.equal(await here.next(), 'both')
  t.equal(await there.next(), 'both')
  await here.close()
  await write(brokers, gateway.downlink, [{ key: 'roaming', value: 'there' }])
  t.equal(await there.next(), 'there')
  await there.close()
})

await t.test('a producer that hashes keys otherwise is read all the same, and counted', { skip: noKcat }, async (t) => {
  const ids = Array.from({ length: 20 }, (_, n) => `crc-${n}`)
  const devices = await Promise.all(ids.map((id) => gateway.raw(id)))
  const kcat = spawn('kcat', ['-P', '-b', brokers, '-t', gateway.downlink, '-K', '\t'], { stdio: ['pipe', 'ignore', 'inherit'] })
  kcat.stdin.end(ids.map((id) => `${id}\thello ${id}\n`).join(''))
  for (const [i, device] of devices.entries()) t.equal(await device.next(), `hello ${ids[i]}`)
  if (kcat.exitCode === null) await once(kcat, 'exit')
  t.ok(gateway.app.gateway.hub.misplaced > 0, `${gateway.app.gateway.hub.misplaced} of 20 lie elsewhere`)
  for (const device of devices) await device.close()
})

async function without (command: string): Promise<string | false> {
  const child = spawn(command, ['-V'], { stdio: 'ignore' })
  const there = await Promise.race([once(child, 'exit').then(() => true), once(child, 'error').then(() => false)])
  return there ? false : `${command} is not here`
}
