import { setTimeout as pause } from 'node:timers/promises'
import { startGenerator } from './children.js'
import { withTopics } from './kafka.js'
import { measure, medians, ratio } from './measure.js'
import { options } from './options.js'
import { startBridge, startGateway, startGatewayWithoutKafka } from './servers.js'

const WARM_UP_MS = 2_000

const SHAPES = [
  { name: '100 sockets × 64 un-acked', sockets: 100, load: ['loop', { unacked: 64 }], goal: '200,000', paced: false },
  { name: '1,000 sockets × 4 un-acked', sockets: 1_000, load: ['loop', { unacked: 4 }], goal: '80,000', paced: false },
  { name: '2,000 sockets, a frame each 200 ms', sockets: 2_000, load: ['pace', { everyMs: 200 }], goal: '22,000', paced: true }
]

export const uplink = {
  title: 'Uplink: acknowledged frames of 200 bytes',
  repeated: true,
  columns: ['Load', 'Server', 'frames per CPU-second', 'gateway against it', 'frames/s', 'cores', 'system', 'ack p50', 'ack p99'],
  async run (brokers) {
    const rows = []
    await withTopics(brokers, 'uplink', async (topics) => {
      for (const shape of SHAPES) {
        const servers = await startServers(shape, brokers, topics)
        rows.push(...await runShape(shape, servers))
        await Promise.all(servers.map(({ server }) => server.stop()))
      }
    })
    return rows
  }
}

/** The frame-by-frame bridge takes only as much as it can: paced frames would pile up in it without end. */
async function startServers ({ sockets, paced }, brokers, topics) {
  const gateway = { name: 'the gateway', server: await startGateway(brokers, topics, { name: `uplink-${sockets}` }) }
  if (options.alone) return [gateway]
  const rivals = [
    { name: 'the gateway, no Kafka behind it', server: await startGatewayWithoutKafka() },
    { name: 'ws and kafkajs, batched', server: await startBridge('batch', brokers, topics) }
  ]
  if (!paced) rivals.push({ name: 'ws and kafkajs, frame by frame', server: await startBridge('each', brokers, topics) })
  return [gateway, ...rivals]
}

async function runShape (shape, servers) {
  const results = servers.map(() => [])
  for (let run = 0; run < options.runs; run++) {
    for (const [i, { server }] of servers.entries()) results[i].push(await runOnce(shape, server))
  }
  return servers.map(({ name }, i) => {
    const { perCpuS, perS, cores, systemShare, p50, p99 } = medians(results[i])
    return [
      i === 0 ? `${shape.name} (goal ${shape.goal})` : '', name, perCpuS, i === 0 ? '' : ratio(results[0], results[i], 'perCpuS'),
      perS, cores.toFixed(2), `${Math.round(systemShare * 100)} %`, `${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`
    ]
  })
}

async function runOnce ({ sockets, load: [verb, how] }, server) {
  const generator = startGenerator('uplink')
  await generator.call('connect', { address: server.address, count: sockets, name: 'device' })
  await generator.call(verb, how)
  await pause(WARM_UP_MS)
  const result = await measure(server, [generator], options.seconds)
  if (result.refused > 0) throw new Error(`${result.refused} publishes were refused`)
  await generator.call('disconnect')
  await generator.stop()
  return result
}
