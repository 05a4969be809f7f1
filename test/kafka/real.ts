/** A real Apache Kafka for tests: one broker or three, whose processes can be killed, frozen and started again. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerProcess } from './broker-process.ts'
import { ensureKafka } from './jars.ts'
import { freePorts } from './ports.ts'
import { startWatchdog } from './watchdog.ts'
import type { Watchdog } from './watchdog.ts'
import { warmUp } from './warm-up.ts'

export { ensureKafka } from './jars.ts'

export interface RealKafkaOptions {
  brokers?: 1 | 3
  /** Added to each broker's server.properties, over what stands there. */
  properties?: Record<string, string> | ((standing: Record<string, string>) => Record<string, string>)
  /** More for formatting data folders, and for the JVMs. */
  format?: readonly string[]
  jvm?: readonly string[]
  heapMb?: number
  /** Under which port clients find the broker that listens on `port`: a proxy's, say. */
  advertise?: (port: number) => number
  /** How long starting may take, and each restart. */
  deadlineMs?: number
}

/** Starts a cluster and resolves when every broker answers. Throws where Java is missing: ask `ensureKafka` first. */
export async function startKafka (options: RealKafkaOptions = {}): Promise<RealKafka> {
  const classPath = ensureKafka()
  if (classPath === undefined) throw new Error('a real Kafka needs Java 17 or later, and Maven the first time')
  const { brokers: count = 1, properties = {}, heapMb = 512, deadlineMs = 90_000, advertise = (port) => port, format = [], jvm = [] } = options
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kafka-'))
  const ports = await freePorts(2 * count)
  const clusterId = randomBytes(16).toString('base64url')
  const propertiesOf = (port: number, nodeId: number): Record<string, string> => {
    const standing = {
      ...serverProperties({ folder, port, nodeId, controllerPorts: ports.slice(count) }),
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertise(port)}`
    }
    return { ...standing, ...typeof properties === 'function' ? properties(standing) : properties }
  }
  const nodes = ports.slice(0, count).map((port, i) => new BrokerProcess({
    classPath,
    format,
    jvm,
    folder,
    port,
    heapMb,
    clusterId,
    nodeId: i + 1,
    properties: propertiesOf(port, i + 1)
  }))
  const kafka = new RealKafka(nodes, startWatchdog(folder), deadlineMs)
  try {
    await kafka.start()
  } catch (error) {
    await kafka.stop()
    throw error
  }
  return kafka
}

export class RealKafka {
  /** `host:port,…`, as a client's bootstrap setting wants it. */
  readonly bootstrap: string
  readonly #nodes: BrokerProcess[]
  readonly #watchdog: Watchdog
  readonly #deadlineMs: number

  constructor (nodes: BrokerProcess[], watchdog: Watchdog, deadlineMs: number) {
    this.#nodes = nodes
    this.#watchdog = watchdog
    this.#deadlineMs = deadlineMs
    this.bootstrap = nodes.map((node) => `127.0.0.1:${node.port}`).join(',')
  }

  get size (): number { return this.#nodes.length }

  async start (): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.format()))
    for (const node of this.#nodes) node.start()
    this.#watch()
    await Promise.all(this.#nodes.map((node) => node.ready(this.size, this.#deadlineMs)))
    await warmUp(this.bootstrap, this.#deadlineMs)
  }

  /** As a crash: SIGKILL. Resolves when the process is gone. Brokers are counted from 0; node ids and ports from 1 up. */
  async kill (i: number): Promise<void> {
    await this.#node(i).kill()
    this.#watch()
  }

  /** Stops the process without ending it: its port stays open and nothing answers. */
  freeze (i: number): void { this.#node(i).signal('SIGSTOP') }

  thaw (i: number): void { this.#node(i).signal('SIGCONT') }

  /** The same port and data; a broker that still runs is killed first. Resolves when it answers. */
  async restart (i: number): Promise<void> {
    const node = this.#node(i)
    await node.kill()
    node.start()
    this.#watch()
    await node.ready(1, this.#deadlineMs)
  }

  /** Ends every broker and removes their data. */
  async stop (): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()))
    this.#watch()
    await this.#watchdog.release()
  }

  #node (i: number): BrokerProcess {
    const node = this.#nodes[i]
    if (node === undefined) throw new RangeError(`there is no broker ${i} among ${this.size}`)
    return node
  }

  #watch (): void {
    this.#watchdog.watch(this.#nodes.flatMap((node) => node.pid ?? []))
  }
}

interface Place { folder: string, port: number, nodeId: number, controllerPorts: number[] }

function serverProperties ({ folder, port, nodeId, controllerPorts }: Place): Record<string, string> {
  const replicas = String(controllerPorts.length)
  const inSync = String(Math.min(2, controllerPorts.length))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': controllerPorts.map((at, i) => `${i + 1}@127.0.0.1:${at}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPorts[nodeId - 1]}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, `data-${nodeId}`),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // How long the cleaner of compacted topics rests: 15 s by default.
    'log.cleaner.backoff.ms': '200',
    // A killed broker may register again only when its former self has timed out: 9 s by default.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500'
  }
}
