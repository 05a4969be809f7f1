import { setTimeout as pause } from 'node:timers/promises'
import { startGenerator } from './children.js'
import { withTopics } from './kafka.js'
import { options } from './options.js'
import { startBareSockets, startGateway } from './servers.js'

const GENERATORS = 2
const WARM_UP_SOCKETS = 500
const SETTLE_MS = 8_000
const GIVE_UP_MS = 30_000

export const memory = {
  title: `Memory: ${options.sockets.toLocaleString('en-US')} devices that have each published a frame and had its ack`,
  repeated: false,
  columns: ['Server', 'KiB a device', 'the same, when it was just done', 'empty', 'full', 'peak'],
  async run (brokers) {
    const rows = []
    await withTopics(brokers, 'memory', async (topics) => {
      rows.push(await row('the gateway (goal 12)', await startGateway(brokers, topics, { name: 'memory' })))
      if (!options.alone) rows.push(await row('ws alone', await startBareSockets()))
    })
    return rows
  }
}

/** What an empty server grows by: first some sockets come and go, so that what is loaded and compiled once does not count. */
async function row (name, server) {
  await fill(server, WARM_UP_SOCKETS, async () => {})
  await pause(SETTLE_MS / 4)
  const empty = server.cost().rssBytes
  const [atOnce, settled] = await fill(server, options.sockets, async () => {
    const atOnce = server.cost()
    await pause(SETTLE_MS)
    return [atOnce, server.cost()]
  })
  await server.stop()
  const each = ({ rssBytes }) => ((rssBytes - empty) / options.sockets / 1024).toFixed(1)
  return [name, each(settled), each(atOnce), mebibytes(empty), mebibytes(settled.rssBytes), mebibytes(settled.peakBytes)]
}

async function fill (server, sockets, use) {
  const generators = Array.from({ length: GENERATORS }, () => startGenerator('uplink'))
  const count = Math.ceil(sockets / GENERATORS)
  await Promise.all(generators.map((g, i) => g.call('connect', { address: server.address, count, name: `device-${i}` })))
  await Promise.all(generators.map((g) => g.call('once')))
  const giveUp = performance.now() + GIVE_UP_MS
  while (await acked(generators) < GENERATORS * count) {
    if (performance.now() > giveUp) throw new Error('not every frame was acknowledged')
    await pause(50)
  }
  const result = await use()
  await Promise.all(generators.map((g) => g.stop()))
  return result
}

async function acked (generators) {
  const read = await Promise.all(generators.map((g) => g.call('read')))
  return read.reduce((sum, { count }) => sum + count, 0)
}

function mebibytes (bytes) { return `${Math.round(bytes / 1048576)} MiB` }
