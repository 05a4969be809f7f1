import { setTimeout as delay } from 'node:timers/promises'
import { Proxy } from '../net/proxy.ts'
import { check } from './checker/check.ts'
import type { Violation } from './checker/violation.ts'
import { carryOut, drawSchedule } from './faults/schedule.ts'
import { buildFleet } from './fleet.ts'
import type { InstanceOptions } from './gateways/gateway.ts'
import { inProcess } from './gateways/in-process.ts'
import { ownProcess } from './gateways/own-process.ts'
import { History } from './history/history.ts'
import type { Cluster } from './kafka/cluster.ts'
import { drawPlan, type Plan } from './plan.ts'
import { Random } from './random.ts'
import { readTopic } from './reader.ts'
import { withAdmin } from './services/kafka-client.ts'
import { Writer } from './services/writer.ts'
import { open, type Site, type World } from './world.ts'

const POLL_MS = 10
/** How long all may take to be well again after the last fault: in polls, so that the time in which the machine let nobody run does not count. */
const PATIENCE_POLLS = { embedded: 20_000 / POLL_MS, real: 60_000 / POLL_MS }
const SLOWNESS = { embedded: 1, real: 5 }

export interface SeedResult { readonly history: History, readonly violations: readonly Violation[] }

/** One run: what happens, and when, is drawn from the seed. */
export async function runSeed (seed: number, kafka: Cluster, instances: number): Promise<SeedResult> {
  const begun = performance.now()
  const history = new History(() => performance.now() - begun)
  const random = new Random(seed)
  const plan = drawPlan(random.fork(), { kind: kafka.kind, instances })
  const run = `${seed}-${Date.now().toString(36)}`
  const topics = { uplink: `up-${run}`, downlink: `down-${run}`, positions: `positions-${run}`, revocations: `revocations-${run}` }
  await createTopics(kafka, topics, plan.partitions)

  const crashed: string[] = []
  const sites = await Promise.all(Array.from({ length: instances }, () => buildSite(plan, kafka, topics, random.fork(), (what) => crashed.push(what))))
  await Promise.all(sites.map(open))
  const devices = buildFleet(plan, random.fork(), history, sites.map(({ port }, instance) => ({ instance, port })))
  const writer = new Writer({
    brokers: kafka.brokers,
    topic: topics.downlink,
    devices: [...new Set(devices.map(({ id }) => id)), 'nobody'],
    history,
    random: random.fork(),
    everyMs: plan.writeEveryMs,
    transactionTimeoutMs: plan.transactionTimeoutMs
  })
  const world: World = { kafka, sites, devices, writer, history, topics, slowness: SLOWNESS[kafka.kind] }
  try {
    for (const device of devices) device.start()
    writer.start()
    await Promise.all([delay(plan.loadMs), carryOut(drawSchedule(random.fork(), world, plan.loadMs, plan.faults), world)])
    await settle(world)
    for (const topic of ['uplink', 'downlink'] as const) {
      for (const record of await readTopic(kafka.brokers, topics[topic], topic)) history.record(record)
    }
  } finally {
    for (const device of devices) device.stop()
    await writer.stop()
    for (const { instance, proxy } of sites) {
      await (instance.kill ?? instance.drain)()
      await proxy.close()
    }
  }
  const crashes = crashed.map((story): Violation => ({ kind: 'crashed', story }))
  return { history, violations: [...crashes, ...check(history.events)] }
}

async function createTopics (kafka: Cluster, { uplink, downlink, ...compacted }: World['topics'], numPartitions: number): Promise<void> {
  const { replicationFactor } = kafka
  await withAdmin(kafka.brokers, (admin) => admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: uplink, numPartitions, replicationFactor },
      { topic: downlink, numPartitions, replicationFactor },
      ...Object.values(compacted).map((topic) => ({ topic, numPartitions, replicationFactor, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }))
    ]
  }))
}

async function buildSite (plan: Plan, kafka: Cluster, topics: World['topics'], random: Random, onCrash: (what: string) => void): Promise<Site> {
  const options: InstanceOptions = {
    settings: { ...plan.settings, topics, kafka: { ...plan.settings.kafka, brokers: kafka.brokers.split(',') } },
    heartbeatMs: plan.heartbeatMs
  }
  const instance = plan.ownProcesses ? ownProcess(options, (code) => onCrash(`a gateway ended by itself with ${code}`)) : inProcess(options)
  const proxy = new Proxy(() => random.next())
  return { instance, proxy, port: await proxy.listen() }
}

/** All is well from now on: what is due comes, or never will. Then the end is written down. */
async function settle ({ kafka, sites, devices, writer, history }: World): Promise<void> {
  let polls = PATIENCE_POLLS[kafka.kind]
  const until = async (isSo: () => boolean): Promise<void> => { while (!isSo() && polls-- > 0) await delay(POLL_MS) }
  for (const proxy of [...sites.map(({ proxy }) => proxy), ...kafka.links ?? []]) proxy.heal()
  for (const device of devices) {
    device.hush()
    device.resume()
  }
  await writer.stop()
  await until(() => devices.every((device) => device.settled))
  const last = await writer.writeLast()
  await until(() => devices.every((device) => device.settled && device.has(last.get(device.id) ?? '')))
  history.record({ type: 'ended', devices: devices.map((device) => device.id) })
}
