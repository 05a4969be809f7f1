import { systemClock } from '../../src/clock.ts'
import { KafkaLog, type KafkaLogOptions } from '../../src/log/kafka/index.ts'
import { walkChunk, type Chunk } from '../../src/log/chunk.ts'
import type { Failure, Log, Stall, TailSink, Topic, Waiter } from '../../src/log/log.ts'
import { HeaderBlock, headerName } from '../../src/wire/header-block.ts'
import type { RecordView } from '../../src/wire/record-view.ts'

export type Options = Partial<Omit<KafkaLogOptions, 'brokers'>> & { topics: readonly string[] }

/** What a test runs against, not opened yet. */
export function kafkaLog (brokers: string, options: Options): KafkaLog {
  return new KafkaLog({
    brokers: brokers.split(','),
    clientId: 'test',
    holdBytes: 16 << 20,
    holdMs: 30_000,
    requestTimeoutMs: 5_000,
    connectTimeoutMs: 10_000,
    createTopics: false,
    partitions: 3,
    replicationFactor: undefined,
    ...options
  }, systemClock)
}

/** Wakes those who wait for something to be so, whenever it may have come to be. */
export class Waiting {
  #waiting: Array<{ met: () => boolean, resolve: () => void }> = []

  until (met: () => boolean): Promise<void> {
    return met() ? Promise.resolve() : new Promise((resolve) => { this.#waiting.push({ met, resolve }) })
  }

  changed (): void {
    for (const one of this.#waiting.filter(({ met }) => met())) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1)
      one.resolve()
    }
  }
}

/** Writes down what it hears of what it appended. */
export class Ledger extends Waiting implements Waiter {
  runs: Array<{ id: number, count: number, partition: number, offset: number }> = []
  failures: Array<Failure & { id: number }> = []
  #answered = 0

  stored (id: number, count: number, partition: number, offset: number): void {
    this.runs.push({ id, count, partition, offset })
    this.#heard(count)
  }

  failed (id: number, failure: Failure): void {
    this.failures.push({ id, ...failure })
    this.#heard(1)
  }

  get codes (): Array<[id: number, code: string]> { return this.failures.map(({ id, code }) => [id, code]) }

  /** Resolves when so many appends have had their answer. */
  answered (count: number): Promise<void> { return this.until(() => this.#answered >= count) }

  #heard (count: number): void {
    this.#answered += count
    this.changed()
  }
}

const NO_HEADERS = new HeaderBlock()

/** Appends a record whose value is its id, or what is given. */
export function append (topic: Topic, waiter: Waiter, id: number, { partition = 0, value = String(id), key = 'device-1', headers = NO_HEADERS } = {}): boolean {
  const source = Buffer.from(value)
  return topic.append(partition, Buffer.from(key), source, 0, source.length, headers, waiter, id)
}

export function header (name: string, value: string): HeaderBlock { return new HeaderBlock().add(headerName(name), value) }

/** Collects what is read, as `partition:offset value`. */
export class Collector extends Waiting implements TailSink {
  seen: string[] = []
  told: string[] = []
  details: Array<{ key: string, headers: Record<string, string>, timeMs: number }> = []

  #next: number[] = []

  chunk = (partition: number, chunk: Chunk): void => {
    this.#next[partition] = walkChunk(chunk, this.#next[partition] ?? chunk.from, {
      record: (record) => this.record(partition, record),
      undecodable: (from, to, reason) => this.undecodable(partition, from, to, reason)
    })
  }

  record = (partition: number, record: RecordView): void => {
    this.seen.push(`${partition}:${record.offset} ${record.value()?.toString() ?? 'null'}`)
    this.details.push({
      key: record.key()?.toString() ?? 'null',
      headers: Object.fromEntries([...record.headers()].map(([name, value]) => [name, String(value)])),
      timeMs: record.timeMs
    })
    this.changed()
  }

  undecodable = (partition: number, from: number, to: number, reason: string): void => {
    this.told.push(`${partition}:${from}-${to} ${reason}`)
    this.changed()
  }

  gap = (partition: number, from: number, to: number, reason: string): void => {
    this.#next[partition] = to
    this.told.push(`${partition}:${from}>${to} ${reason}`)
    this.changed()
  }

  get values (): string[] { return this.seen.map((one) => one.slice(one.indexOf(' ') + 1)) }

  records (count: number): Promise<void> { return this.until(() => this.seen.length >= count) }
}

/** Hands what stands in `[from, until)` of one partition to the collector; each piece is one try. */
export async function readRange (log: Log, topic: string, partition: number, from: number, until: number, collector: Collector): Promise<void> {
  for (let at = from; at < until;) {
    const chunk = await log.fetch(topic, partition, at)
    at = walkChunk(chunk, at, {
      record: (record) => { if (record.offset < until) collector.record(partition, record) },
      undecodable: (first, last, reason) => collector.undecodable(partition, first, last, reason)
    })
  }
}

/** Everything that stands in one partition. */
export async function content (log: Log, topic: string, partition = 0): Promise<string[]> {
  const collector = new Collector()
  const [starts, ends] = await Promise.all([log.starts(topic), log.ends(topic)])
  await readRange(log, topic, partition, starts[partition] as number, ends[partition] as number, collector)
  return collector.values
}

export function reasonsOf (stalls: readonly Stall[]): string[] { return stalls.map(({ reason }) => reason) }
