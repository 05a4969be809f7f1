/** Clients that are not ours: the Java console tools, and the Java client's transactional producer. */

import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureKafka } from './jars.ts'

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Neither key nor value may hold a tab or a line break; a null value is a tombstone. */
export interface ConsoleRecord {
  key: string
  value: string | null
  headers?: Record<string, string>
}

const nullMarker = '<null>'

/** Resolves when every record is acked (`acks=all`). */
export async function consoleProduce (bootstrap: string, topic: string, records: ConsoleRecord[], compression: Compression = 'none'): Promise<void> {
  const child = java('org.apache.kafka.tools.ConsoleProducer', [
    '--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', compression,
    '--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true',
    '--reader-property', `null.marker=${nullMarker}`
  ])
  child.stdin.end(records.map(line).join(''))
  await output(child)
}

function line ({ key, value, headers = {} }: ConsoleRecord): string {
  const pairs = Object.entries(headers).map(([name, text]) => `${name}:${text}`).join(',')
  return `${pairs === '' ? nullMarker : pairs}\t${key}\t${value ?? nullMarker}\n`
}

/** The first `count` records of a topic as the Java consumer reads them, committed transactions only. */
export async function consoleConsume (bootstrap: string, topic: string, count: number, timeoutMs = 20_000): Promise<ConsoleRecord[]> {
  const child = java('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    '--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning',
    '--max-messages', String(count), '--timeout-ms', String(timeoutMs), '--isolation-level', 'read_committed',
    '--formatter-property', 'print.key=true', '--formatter-property', 'print.headers=true',
    '--formatter-property', `null.literal=${nullMarker}`
  ])
  child.stdin.end()
  const text = await output(child)
  return text.split('\n').filter((each) => each !== '').map(record)
}

function record (text: string): ConsoleRecord {
  const [headers = '', key = '', value = ''] = text.split('\t')
  const pairs = headers === 'NO_HEADERS' ? [] : headers.split(',').map((pair) => splitOnce(pair, ':'))
  return { key, value: value === nullMarker ? null : value, headers: Object.fromEntries(pairs) }
}

function splitOnce (text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return [text.slice(0, at), text.slice(at + 1)]
}

/**
 * A transactional producer that stays open, so that a test decides what happens between `begin` and its end:
 * commit, abort, or `kill`, which leaves the transaction open until the broker gives it up.
 */
export async function transactionalProducer (bootstrap: string, compression: Compression = 'none'): Promise<TransactionalProducer> {
  const child = java(join(import.meta.dirname, 'TransactionalProducer.java'), [bootstrap, `test-${randomUUID()}`, compression])
  const producer = new TransactionalProducer(child)
  await producer.answered()
  return producer
}

export class TransactionalProducer {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>
  readonly #ended: Promise<string>

  constructor (child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    this.#ended = output(child)
    this.#ended.catch(() => {}) // told by whoever waits for an answer
  }

  async begin (): Promise<void> { await this.#tell('begin') }
  async send (topic: string, key: string, value: string): Promise<void> { await this.#tell(`send\t${topic}\t${key}\t${value}`) }
  /** Resolves when what was sent stands in the log, with the transaction still open. */
  async flush (): Promise<void> { await this.#tell('flush') }
  async commit (): Promise<void> { await this.#tell('commit') }
  async abort (): Promise<void> { await this.#tell('abort') }

  async close (): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }

  async kill (): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended.catch(() => {})
  }

  async answered (): Promise<void> {
    const { done } = await this.#answers.next()
    if (done) {
      await this.#ended
      throw new Error('the transactional producer ended')
    }
  }

  async #tell (text: string): Promise<void> {
    this.#child.stdin.write(`${text}\n`)
    await this.answered()
  }
}

function java (mainClass: string, args: string[]): ChildProcessWithoutNullStreams {
  const classPath = ensureKafka()
  if (classPath === undefined) throw new Error('Kafka\'s Java clients need Java 17 or later, and Maven the first time')
  return spawn('java', [
    '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp', classPath, mainClass, ...args
  ])
}

/** What it printed, when it has ended well; else an error with what it complained about. */
async function output (child: ChildProcessWithoutNullStreams): Promise<string> {
  const exit = () => child.kill('SIGKILL')
  process.once('exit', exit)
  let printed = ''
  let complaints = ''
  child.stdin.on('error', () => {}) // it ended early: its exit code and its complaints tell more
  child.stdout.setEncoding('utf8').on('data', (text: string) => { printed += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text })
  const [code] = await once(child, 'close') as [number | null]
  process.off('exit', exit)
  if (code !== 0) throw new Error(`${child.spawnargs.slice(-8).join(' ')} ended with ${code}: ${complaints}`)
  return printed
}
