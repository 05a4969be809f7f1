import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { startGenerator, startServer } from './children.js'
import { withTopics } from './kafka.js'
import { median } from './measure.js'
import { metric } from './metrics.js'
import { options } from './options.js'
import { startGateway } from './servers.js'

const RECORDS = 1_500_000
const WARM_UP_RECORDS = 100_000
const DEVICES = 50_000
const CONNECTED = 100
const WALKER = fileURLToPath(new URL('rivals/fetcher.js', import.meta.url))

export const elsewhere = {
  title: 'Downlink records for devices that are connected elsewhere',
  repeated: true,
  columns: ['Reader', 'µs of CPU a record', 'records'],
  async run (brokers) {
    const ours = []
    const theirs = []
    for (let run = 0; run < options.runs; run++) {
      await withTopics(brokers, `elsewhere-${run}`, async (topics) => {
        ours.push(await runGateway(brokers, topics))
        if (!options.alone) theirs.push(await runFetcher(brokers, topics))
      })
    }
    const rows = [['the gateway (goal 0.5)', median(ours).toFixed(2), RECORDS]]
    if (theirs.length > 0) rows.push(['kafkajs Broker.fetch', median(theirs).toFixed(2), RECORDS])
    return rows
  }
}

async function runGateway (brokers, topics) {
  const gateway = await startGateway(brokers, topics, { name: 'elsewhere' })
  const devices = startGenerator('downlink')
  await devices.call('connect', { address: gateway.address, devices: CONNECTED, name: 'here', protocol: 'sluice.v1' })
  const producer = startGenerator('records')
  await producer.call('open', { gateway: options.gateway, brokers, name: topics.downlink })
  const fill = (count) => producer.call('fill', { count, name: 'elsewhere', devices: DEVICES })
  await fill(WARM_UP_RECORDS)
  await caughtUp(gateway)
  const before = gateway.cost()
  await fill(WARM_UP_RECORDS + RECORDS)
  await caughtUp(gateway)
  const after = gateway.cost()
  await Promise.all([producer.stop(), devices.stop(), gateway.stop()])
  return (after.cpuMs - before.cpuMs) * 1000 / RECORDS
}

/** It is when it uses no CPU any more, and its own word for the lag is 0. */
async function caughtUp ({ address, cost }) {
  for (let last = -1, now = cost().cpuMs; now - last > 20; last = now, now = cost().cpuMs) await pause(700)
  const lags = await metric(address, 'sluice_tail_lag_records')
  if (lags.length === 0 || lags.some((records) => records > 0)) throw new Error(`the gateway is behind by ${lags}`)
}

/** Reads the topic from its start and tells what that took. */
async function runFetcher (brokers, topics) {
  const fetcher = await startServer(WALKER, [brokers, topics.downlink, `${WARM_UP_RECORDS}`])
  await fetcher.stop()
  return Number(fetcher.address)
}
