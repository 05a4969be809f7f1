/** One Kafka broker, which is a controller too, as a process of its own. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'

export interface BrokerOptions {
  classPath: string
  folder: string
  nodeId: number
  port: number
  heapMb: number
  clusterId: string
  properties: Record<string, string>
  /** More for formatting its data folder. */
  format?: readonly string[]
  jvm?: readonly string[]
}

const pollMs = 50
const attemptMs = 2_000

export class BrokerProcess {
  readonly port: number
  readonly #options: BrokerOptions
  readonly #config: string
  readonly #log: string
  #child: ChildProcess | undefined

  constructor (options: BrokerOptions) {
    this.#options = options
    this.port = options.port
    this.#config = join(options.folder, `broker-${options.nodeId}.properties`)
    this.#log = join(options.folder, `broker-${options.nodeId}.log`)
  }

  /** undefined while it does not run. */
  get pid (): number | undefined { return this.#child?.pid }

  /** Writes its configuration and formats its data folder. */
  async format (): Promise<void> {
    const { properties, clusterId, format: more = [] } = this.#options
    writeFileSync(this.#config, Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join(''))
    // As one argument: an id may begin with a dash, which alone would be taken for an option.
    const format = ['format', `--cluster-id=${clusterId}`, '-c', this.#config, ...more]
    const child = this.#java(['-Xmx128m', '-XX:TieredStopAtLevel=1'], 'kafka.tools.StorageTool', format)
    const [code] = await once(child, 'exit') as [number | null]
    if (code !== 0) throw this.#failure('could not be formatted')
  }

  start (): void {
    const child = this.#java([`-Xmx${this.#options.heapMb}m`, ...this.#options.jvm ?? []], 'kafka.Kafka', [this.#config])
    this.#child = child
    child.once('exit', () => { if (this.#child === child) this.#child = undefined })
  }

  signal (name: NodeJS.Signals): void { this.#child?.kill(name) }

  async kill (): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Resolves when the broker itself answers and knows at least `members` brokers that are up. */
  async ready (members: number, deadlineMs: number): Promise<void> {
    const deadline = performance.now() + deadlineMs
    while (!(await isOpen(this.port) && await this.#knows(members))) {
      if (this.#child === undefined) throw this.#failure('ended by itself')
      if (performance.now() > deadline) throw this.#failure(`did not answer within ${deadlineMs / 1000} s`)
      await delay(pollMs)
    }
  }

  async #knows (members: number): Promise<boolean> {
    const admin = new kafkajs.Kafka({
      brokers: [`127.0.0.1:${this.port}`],
      connectionTimeout: attemptMs,
      requestTimeout: attemptMs,
      retry: { retries: 0 },
      logLevel: kafkajs.logLevel.NOTHING
    }).admin()
    try {
      await admin.connect()
      return (await admin.describeCluster()).brokers.length >= members
    } catch {
      return false
    } finally {
      await admin.disconnect()
    }
  }

  #java (jvm: string[], mainClass: string, args: string[]): ChildProcess {
    const log = openSync(this.#log, 'a')
    try {
      return spawn('java', [
        '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', ...jvm,
        '-cp', this.#options.classPath, mainClass, ...args
      ], { stdio: ['ignore', log, log] })
    } finally {
      closeSync(log)
    }
  }

  #failure (what: string): Error {
    const tail = readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-30).join('\n')
    return new Error(`Kafka broker ${this.#options.nodeId} on port ${this.port} ${what}; the end of its log:\n${tail}`)
  }
}

/** Far cheaper than a client's attempt, so asked first. */
async function isOpen (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
