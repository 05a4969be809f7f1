import t from 'tap'
import { testBroker } from '../kafka/broker.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { write } from './kafka.ts'

interface Family { type: string, help: string, samples: Map<string, number> }

/** Prometheus' text format, strictly: a line that is none of its kinds is an error. */
function parse (text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  const family = (name: string): Family => {
    const there = families.get(name) ?? { type: '', help: '', samples: new Map<string, number>() }
    families.set(name, there)
    return there
  }
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const said = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})? (NaN|[+-]?(?:Inf|[\d.eE+-]+))$/.exec(line)
    if (said !== null) family(said[2] as string)[said[1] === 'HELP' ? 'help' : 'type'] = said[3] as string
    else if (sample !== null) family((sample[1] as string).replace(/_(?:bucket|sum|count)$/, '')).samples.set(`${sample[1]}${sample[2] ?? ''}`, Number(sample[3]))
    else throw new Error(`no line of the exposition format: ${line}`)
  }
  return families
}

async function scrape (gateway: TestGateway): Promise<Map<string, Family>> {
  const response = await fetch(`${gateway.origin}/metrics`)
  if (!/^text\/plain; version=0\.0\.4/.test(response.headers.get('content-type') ?? '')) throw new Error('not of the type that Prometheus takes')
  return parse(await response.text())
}

await t.test('the metrics of the design are there, explained, and move', async (t) => {
  const broker = await testBroker(t)
  const gateway = await startGateway(t, broker)
  const before = await scrape(gateway)
  const kinds: Record<string, string> = {
    sluice_sockets: 'gauge',
    sluice_uplink_ack_seconds: 'histogram',
    sluice_uplink_held_bytes: 'gauge',
    sluice_refusals_total: 'counter',
    sluice_closes_total: 'counter',
    sluice_downlink_delay_seconds: 'histogram',
    sluice_tail_lag_records: 'gauge',
    sluice_stalled_partitions: 'gauge',
    sluice_misplaced_total: 'counter',
    sluice_undecodable_total: 'counter',
    sluice_embedded: 'gauge'
  }
  for (const [name, type] of Object.entries(kinds)) {
    t.equal(before.get(name)?.type, type, name)
    t.match(before.get(name)?.help, /\w.*\.$/, `${name} is explained`)
  }
  t.ok(before.has('process_cpu_seconds_total') && before.has('nodejs_eventloop_lag_seconds'))

  const device = await gateway.device('measured')
  await device.stored(1, 'x')
  device.publish(1, { data: 'again' })
  await device.nextOf('refused')
  await write(broker.brokers, gateway.downlink, [{ key: 'measured', value: '1' }])
  await device.nextOf('message')
  const misused = await gateway.device('misused')
  misused.send('no JSON')
  await misused.ended

  const after = await scrape(gateway)
  const value = (family: string, sample = family): number | undefined => after.get(family)?.samples.get(sample)
  t.equal(value('sluice_sockets'), 1)
  t.equal(value('sluice_uplink_held_bytes'), 0)
  t.ok((value('sluice_uplink_ack_seconds', 'sluice_uplink_ack_seconds_count') ?? 0) >= 1)
  t.ok((value('sluice_downlink_delay_seconds', 'sluice_downlink_delay_seconds_count') ?? 0) >= 1)
  t.equal(value('sluice_refusals_total', 'sluice_refusals_total{code="id-not-rising"}'), 1)
  t.equal(value('sluice_closes_total', 'sluice_closes_total{code="bad-frame"}'), 1)
  t.equal(value('sluice_tail_lag_records', `sluice_tail_lag_records{topic="${gateway.downlink}",partition="0"}`), 0)
  for (const topic of [gateway.uplink, gateway.downlink]) t.equal(value('sluice_stalled_partitions', `sluice_stalled_partitions{topic="${topic}"}`), 0)
  t.equal(value('sluice_embedded'), 0, 'to the gateway the broker of this test is a Kafka')
  t.notOk([...after.values()].some(({ samples }) => [...samples.keys()].some((key) => key.includes('measured'))), 'no device is a label')
})
