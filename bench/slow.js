import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { startGenerator } from './children.js'
import { withTopics } from './kafka.js'
import { measure, median, ratio } from './measure.js'
import { metric } from './metrics.js'
import { options } from './options.js'
import { startGateway } from './servers.js'

const WARM_UP_MS = 4_000
const SETTLE_MS = 1_000
const SAMPLE_MS = 50
const GIVE_UP_MS = 120_000
const NEIGHBOURS = { name: 'device', devices: 1_000 }
const NEIGHBOURS_PER_S = 5_000
/** So many of 256 bytes fill what the gateway keeps of the recent past: what it grows by later is not that. */
const HISTORY = { name: 'elsewhere', devices: 50_000, count: 400_000 }
const COLLECTED = ['--expose-gc', '--import', fileURLToPath(new URL('collected.js', import.meta.url))]
const SLOW_READER = 4001

/** Long enough for what the kernel's buffers take, some megabytes a socket, and the outbox behind them. */
const SHAPES = [
  { devices: 1, perS: 1_000, bytes: 2_000, seconds: 10 },
  { devices: 50, perS: 2_000, bytes: 8_000, seconds: 15 }
]

export const slow = {
  title: `Slow readers beside ${NEIGHBOURS_PER_S.toLocaleString('en-US')} records/s of others`,
  repeated: true,
  columns: ['Readers', '', "neighbours' p50", "neighbours' p99", 'against it', 'resident, most', 'after a collection', 'closed with 4001', 'missing or misplaced'],
  async run (brokers) {
    const rows = []
    for (const shape of SHAPES) await withTopics(brokers, `slow-${shape.devices}`, async ({ downlink, uplink }) => { rows.push(...await runShape(shape, brokers, { downlink, uplink })) })
    return rows
  }
}

async function runShape (shape, brokers, topics) {
  const who = { name: 'slow', devices: shape.devices }
  const gateway = await startGateway(brokers, topics, { name: `slow-${shape.devices}`, nodeArgs: COLLECTED })
  const [neighbours, readers, paced, numbered] = ['downlink', 'slow', 'records', 'records'].map((name) => startGenerator(name))
  for (const producer of [paced, numbered]) await producer.call('open', { gateway: options.gateway, brokers, name: topics.downlink })
  await neighbours.call('connect', { address: gateway.address, ...NEIGHBOURS, protocol: 'sluice.v1' })
  await readers.call('connect', { address: gateway.address, ...who })
  await paced.call('fill', HISTORY)
  await pause(SETTLE_MS)
  await untilLevel(gateway)
  await paced.call('pace', { perS: NEIGHBOURS_PER_S, ...NEIGHBOURS })
  await numbered.call('number', { perS: shape.perS, bytes: shape.bytes, ...who })
  await pause(WARM_UP_MS)

  const reading = []
  const stopped = []
  let closed = 0
  for (let run = 0; run <= options.runs; run++) {
    await pause(SETTLE_MS)
    reading.push(await window(gateway, neighbours, shape.seconds))
    await pause(SETTLE_MS)
    await readers.call('stop')
    stopped.push(await window(gateway, neighbours, shape.seconds))
    await untilClosed(gateway, (run + 1) * shape.devices)
    closed += (await readers.call('goOn')).filter((code) => code === SLOW_READER).length
    await caughtUp(readers, numbered)
  }
  for (const runs of [reading, stopped]) runs.shift() // the first round is to grow warm

  await numbered.call('stop')
  await caughtUp(readers, numbered)
  const { wrong } = await readers.call('read')
  for (const sentence of wrong) console.error(sentence)
  await Promise.all([neighbours, readers, paced, numbered, gateway].map((one) => one.stop()))
  return [
    row(shape, 'read', reading, '', '', ''),
    row(shape, 'stop', stopped, ratio(stopped, reading, 'p99'), `${closed} of ${(options.runs + 1) * shape.devices}`, wrong.length)
  ]
}

/** How the neighbours fare, and what the gateway holds meanwhile: resident at most, and after a collection in the end. */
async function window (gateway, neighbours, seconds) {
  let residentBytes = 0
  const sampling = setInterval(() => { residentBytes = Math.max(residentBytes, gateway.cost().rssBytes) }, SAMPLE_MS)
  const measured = await measure(gateway, [neighbours], seconds)
  clearInterval(sampling)
  return { ...measured, residentBytes, collectedBytes: await gateway.collectedBytes() }
}

/** The gateway has given up so many in all. */
async function untilClosed ({ address }, count) {
  await until(async () => (await metric(address, 'sluice_closes_total', 'code="slow-reader"'))[0] >= count, 'not every reader was closed')
}

/** What the tail was behind by is nothing. */
async function untilLevel ({ address }) {
  await until(async () => (await metric(address, 'sluice_tail_lag_records')).every((records) => records === 0), 'the gateway is behind')
}

/** Each reader has had what was produced when this was asked. */
async function caughtUp (readers, numbered) {
  const due = await numbered.call('produced')
  await until(async () => {
    const { nexts } = await readers.call('read')
    return nexts.every((next, i) => next >= Math.ceil((due - i) / nexts.length))
  }, 'not every reader has caught up')
}

async function until (met, otherwise) {
  for (const giveUp = performance.now() + GIVE_UP_MS; !await met(); await pause(SAMPLE_MS)) {
    if (performance.now() > giveUp) throw new Error(otherwise)
  }
}

function row ({ devices, perS, bytes }, what, runs, compared, closed, wrong) {
  const middle = (name) => median(runs.map((run) => run[name]))
  const load = what === 'read' ? `${devices}, ${(perS / devices).toLocaleString('en-US')} records/s of ${bytes} bytes each` : ''
  return [load, what, `${middle('p50').toFixed(1)} ms`, `${middle('p99').toFixed(1)} ms`, compared, mebibytes(middle('residentBytes')), mebibytes(middle('collectedBytes')), closed, wrong]
}

function mebibytes (bytes) { return `${(bytes / 1048576).toFixed(1)} MiB` }
