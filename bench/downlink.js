import { setTimeout as pause } from 'node:timers/promises'
import { startGenerator } from './children.js'
import { withTopics } from './kafka.js'
import { measure, medians, ratio } from './measure.js'
import { options } from './options.js'
import { startBareSockets, startGateway } from './servers.js'

const WARM_UP_MS = 2_000
const SOCKETS = 1_000
const WHO = { name: 'device', devices: SOCKETS }
const AHEAD = 40_000
const RELAY_MS = 10
/** More than any server here can send. */
const NO_BOUND = 1_000_000

const SHAPES = [
  { name: '10,000 records/s, one at a time', load: ['pace', { perS: 10_000 }], rival: [10_000, 1], goal: '80,000' },
  { name: 'as many as are taken, to each device in turn', load: ['flood', { burst: 1, ahead: AHEAD }], rival: [NO_BOUND, 1] },
  { name: 'as many as are taken, in bursts of 50', load: ['flood', { burst: 50, ahead: AHEAD }], rival: [NO_BOUND, 50], goal: '400,000' }
]

export const downlink = {
  title: 'Downlink: records of 256 bytes to 1,000 sockets',
  repeated: true,
  columns: ['Load', 'Server', 'deliveries per CPU-second', 'gateway against it', 'deliveries/s', 'cores', 'system', 'delay p50', 'delay p99'],
  async run (brokers) {
    const rows = []
    for (const [i, shape] of SHAPES.entries()) {
      await withTopics(brokers, `downlink-${i}`, async (topics) => {
        const gateway = await startGateway(brokers, topics, { name: `downlink-${i}` })
        const bare = options.alone ? undefined : await startBareSockets(...shape.rival)
        rows.push(...await runShape(shape, brokers, topics.downlink, gateway, bare))
        await Promise.all([gateway.stop(), bare?.stop()])
      })
    }
    return rows
  }
}

async function runShape (shape, brokers, topic, gateway, bare) {
  const results = []
  const rivals = []
  for (let run = 0; run < options.runs; run++) {
    results.push(await runGateway(shape.load, brokers, topic, gateway))
    if (bare !== undefined) rivals.push(await runBare(bare))
  }
  const goal = shape.goal === undefined ? '' : ` (goal ${shape.goal})`
  const rows = [row(`${shape.name}${goal}`, 'the gateway', '', medians(results))]
  if (bare !== undefined) rows.push(row('', 'ws alone', ratio(results, rivals, 'perCpuS'), medians(rivals)))
  return rows
}

function row (load, server, compared, { perCpuS, perS, cores, systemShare, p50, p99 }) {
  return [load, server, perCpuS, compared, perS, cores.toFixed(2), `${Math.round(systemShare * 100)} %`, `${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`]
}

async function runGateway ([verb, how], brokers, topic, server) {
  const producer = startGenerator('records')
  await producer.call('open', { gateway: options.gateway, brokers, name: topic })
  const result = await withDevices(server, async (devices) => {
    await producer.call(verb, { ...how, ...WHO })
    const done = new AbortController()
    const relayed = relay(devices, producer, done.signal)
    await pause(WARM_UP_MS)
    const result = await measure(server, [devices], options.seconds)
    done.abort()
    await relayed
    await producer.call('stop')
    await pause(WARM_UP_MS / 4)
    return result
  })
  await producer.stop()
  return result
}

/** Who floods has to know how much was taken. */
async function relay (devices, producer, signal) {
  while (!signal.aborted) {
    await producer.call('taken', { count: await devices.call('taken') })
    await pause(RELAY_MS)
  }
}

function runBare (server) {
  return withDevices(server, async (devices) => {
    await pause(WARM_UP_MS)
    return await measure(server, [devices], options.seconds)
  })
}

async function withDevices (server, use) {
  const devices = startGenerator('downlink')
  await devices.call('connect', { address: server.address, ...WHO, protocol: 'sluice.v1' })
  const result = await use(devices)
  await devices.call('disconnect')
  await devices.stop()
  return result
}
