import t from 'tap'
import type { ProtocolDevice, ServerFrame } from '../flow/device.ts'
import { gatewayOn, type TestGateway } from '../flow/gateway.ts'
import { readDevice, type StoredRecord } from '../flow/kafka.ts'
import { becomes } from '../log/faulty.ts'
import { faultyKafka, without } from './faulty-kafka.ts'

const topics = { uplink: 'up', downlink: 'down' }

/** A device that does not care to hear how Kafka is. */
async function stoic (gateway: TestGateway, id: string): Promise<ProtocolDevice> {
  return (await gateway.device(id)).ignore(({ type }) => type === 'stalled' || type === 'live')
}

await t.test('Kafka is away for longer than frames are held (G3, G7)', { skip: without() }, async (t) => {
  const kafka = await faultyKafka(t)
  const gateway = await gatewayOn(t, kafka.brokers, topics, { settings: { uplink: { holdMs: 1_500 }, kafka: { requestTimeoutMs: 1_000 } } })
  const device = await stoic(gateway, 'resender')
  const raw = await gateway.raw('raw')
  await device.stored(1, 1)

  // Sent with no answer possible: whether Kafka has the first batch is not known.
  kafka.freeze()
  for (let id = 2; id <= 4; id++) device.publish(id, { data: id })
  await becomes(() => gateway.app.gateway.health().heldBytes > 0) // that goes out at the end of the turn, so these are a batch of their own
  for (let id = 5; id <= 8; id++) device.publish(id, { data: id })
  raw.send('1')
  const refusals = await refused(device.take(7))
  t.match(refusals[0], { id: 2, code: 'outcome-unknown', temporary: true, outcome: 'unknown' })
  t.same(refusals.map(({ id }) => id), [2, 3, 4, 5, 6, 7, 8], 'each is told, in order')
  t.ok(refusals.slice(1).every(({ code, temporary }) => temporary === true && (code === 'outcome-unknown' || code === 'earlier-refused')))
  t.same(refusals.slice(3).map(({ code }) => code), Array(4).fill('earlier-refused'), 'what never went out is not unknown')
  t.ok(refusals.every(({ code, outcome }) => (outcome === 'unknown') === (code === 'outcome-unknown')))
  t.match(await raw.ended, { code: 4004, reason: /^outcome-unknown: / })
  device.publish(9, { data: 9 })
  t.match(await refused(device.take(1)), [{ id: 9, code: 'earlier-refused', temporary: true, outcome: 'not-stored' }])

  // Not even a connection: what comes now was certainly never sent.
  await kafka.kill()
  t.match(await post(gateway), { status: 503, code: 'kafka-away' })
  const [rawAgain, fresh] = [await gateway.raw('raw'), await stoic(gateway, 'fresh')]
  rawAgain.send('2')
  t.match(await rawAgain.ended, { code: 4003, reason: /^not-stored: / })
  fresh.publish(1, { data: 1 })
  fresh.publish(2, { data: 2 })
  t.match(await refused(fresh.take(2)), [{ id: 1, code: 'kafka-away', temporary: true, outcome: 'not-stored' }, { id: 2, code: 'earlier-refused' }])

  await kafka.restart()
  for (let id = 2; id <= 12; id++) device.publish(id, { data: id })
  await device.acked(12)
  for (let id = 1; id <= 3; id++) fresh.publish(id, { data: id })
  await fresh.acked(3)
  t.same(device.waiting, [])
  const records = await readDevice(kafka.brokers, topics.uplink, 'resender')
  t.same(withoutRepeats(records), Array.from({ length: 12 }, (_, n) => n + 1), `${records.length} records hold 12, in order, none missing`)
  t.same((await readDevice(kafka.brokers, topics.uplink, 'fresh')).map(({ value }) => String(value)), ['1', '2', '3'], 'what was certainly not stored was not')
})

await t.test('what is held while Kafka is away is bounded, and so the sockets are no longer read (G7, G10)', { skip: without() }, async (t) => {
  const holdBytes = 1024 * 1024
  const kafka = await faultyKafka(t)
  const gateway = await gatewayOn(t, kafka.brokers, topics, { settings: { uplink: { holdBytes, holdMs: 60_000 }, kafka: { requestTimeoutMs: 1_000 } } })
  const devices = await Promise.all(Array.from({ length: 20 }, (_, n) => stoic(gateway, `full-${n}`)))
  kafka.freeze()
  const frames = 150
  const data = 'x'.repeat(8 * 1024)
  for (let id = 1; id <= frames; id++) for (const device of devices) device.publish(id, { data })
  const posts = Array.from({ length: 12 }, () => post(gateway, 'x'.repeat(60_000)))
  t.match(await Promise.race(posts), { status: 503, code: 'kafka-away' }, 'callers over HTTP have a share of their own, and who finds no room is told so at once')
  const { heldBytes } = gateway.app.gateway.health()
  t.ok(heldBytes > holdBytes / 2 && heldBytes <= holdBytes, `${heldBytes} of ${holdBytes} bytes are held`)
  t.match(await (await fetch(`${gateway.origin}/metrics`)).text(), `sluice_uplink_held_bytes ${heldBytes}`)

  kafka.thaw()
  for (const device of devices) {
    // What was read already and found no room is refused as for now; sent again from the first on, all of it arrives.
    for (let acked = 0; acked < frames;) {
      const frame = await device.next()
      if (frame.type === 'ack') acked = frame.id as number
      else if (frame.code === 'holding-full') for (let id = frame.id as number; id <= frames; id++) device.publish(id, { data })
      else if (frame.code !== 'earlier-refused') t.fail(JSON.stringify(frame))
    }
  }
  t.same(new Set((await Promise.all(posts)).map(({ status }) => status)), new Set([201, 503]))
  const stored = await readDevice(kafka.brokers, topics.uplink, 'full-7')
  t.same(withoutRepeats(stored), Array.from({ length: frames }, (_, n) => n + 1))
})

await t.test('a page that begins to watch while Kafka is away is answered when it is back', { skip: without() }, async (t) => {
  const kafka = await faultyKafka(t)
  const gateway = await gatewayOn(t, kafka.brokers, topics)
  const page = await stoic(gateway, 'page')
  await kafka.kill()
  page.send('{"type":"watch","device":"*"}')
  page.send('{"type":"watch","device":"other"}')
  await kafka.restart()
  t.same((await page.nextOf('watching')).devices, ['*', 'other'], 'one answer for both')
  const device = await stoic(gateway, 'watched')
  await device.stored(1, 1)
  t.match(await page.next(), { device: 'watched', data: 1 })

  await kafka.kill()
  const late = await stoic(gateway, 'late')
  page.send('{"type":"unwatch","device":"*"}')
  page.send('{"type":"unwatch","device":"other"}')
  t.same((await page.take(2)).at(-1)?.devices, [])
  late.send('{"type":"watch","device":"*"}')
  await late.close()
  await gateway.app.close()
  t.pass('and a stop does not wait for it')
})

/** Refusals, and nothing else. */
async function refused (frames: Promise<ServerFrame[]>): Promise<ServerFrame[]> {
  const all = await frames
  const other = all.find(({ type }) => type !== 'refused')
  if (other !== undefined) throw new Error(`a refusal was expected, and there came ${JSON.stringify(other)}`)
  return all
}

/** As docs/protocol.md has a reader do it: an id that is not above the highest of its session is a repeat. */
function withoutRepeats (records: readonly StoredRecord[]): number[] {
  const highest = new Map<string, number>()
  const kept: number[] = []
  for (const { headers } of records) {
    const [session, id] = (headers['sluice-id'] as string).split(':') as [string, string]
    if (Number(id) <= (highest.get(session) ?? 0)) continue
    highest.set(session, Number(id))
    kept.push(Number(id))
  }
  return kept
}

async function post ({ origin }: TestGateway, data = 'x'): Promise<{ status: number, code: string }> {
  const response = await fetch(`${origin}/v1/devices/d/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data }) })
  return { status: response.status, code: (await response.json() as { code: string }).code }
}
