import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { KafkaLog } from '../../src/log/kafka/index.ts'
import { Positions, type PositionsOptions } from '../../src/positions/positions.ts'
import { decode, encode, type Written } from '../../src/positions/record.ts'
import { HeaderBlock } from '../../src/wire/header-block.ts'
import { homePartition } from '../../src/wire/murmur2.ts'
import type { TestBroker } from '../kafka/broker.ts'
import { append, Collector, kafkaLog, Ledger, type Options } from '../log/given.ts'

const NO_HEADERS = new HeaderBlock()

export interface Instance {
  positions: Positions
  log: KafkaLog
  said: string[]
  /** It is shown nothing more of the topic until the function that comes back is called. */
  blind: () => () => void
  /** As when the process is killed: nothing more is written or read. */
  kill: () => Promise<void>
}

/** One gateway's positions, on a log of its own, started. */
export async function instance (t: Test, brokers: string, topic: string, options: Partial<PositionsOptions> = {}, logOptions: Partial<Options> = {}): Promise<Instance> {
  const log = kafkaLog(brokers, { topics: [], compacted: [topic], createTopics: true, partitions: 2, ...logOptions })
  await log.open()
  const blind = veil(log)
  const said: string[] = []
  const kill = async (): Promise<void> => {
    await Promise.all([log.close(), positions.stop(0)])
  }
  const positions = new Positions({
    log,
    topic,
    clock: systemClock,
    instance: randomBytes(6).toString('hex'),
    max: 1000,
    maxPerDevice: 1000,
    retentionMs: 86_400_000,
    warn: (_facts, sentence) => said.push(sentence),
    random: () => 0,
    ...options
  })
  t.teardown(() => kill())
  await positions.start()
  return { positions, log, said, blind, kill }
}

/** What the log's tails bring waits while somebody holds the veil. */
function veil (log: KafkaLog): Instance['blind'] {
  let waiting: Array<() => void> | undefined
  const tail = log.tail.bind(log)
  log.tail = (topic, offsets, sink) => tail(topic, offsets, {
    ...sink,
    chunk: (partition, chunk) => waiting ? waiting.push(() => sink.chunk(partition, chunk)) : sink.chunk(partition, chunk)
  })
  return () => {
    const held = waiting = []
    return () => {
      waiting = undefined
      for (const show of held as Array<() => void>) show()
    }
  }
}

let topics = 0

/** A topic of positions that no other test has. */
export async function topicOf (broker: TestBroker): Promise<string> {
  return await broker.createTopic(`positions${++topics}`, { partitions: 2, config: { 'cleanup.policy': 'compact' } })
}

/** Another name of the same device, in the same of two partitions. */
export function besides (name: string, device = 'd'): string {
  const at = (one: string): number => homePartition(Buffer.from(`${device}/${one}`), 2)
  for (let n = 0; ; n++) if (at(`${name}-${n}`) === at(name)) return `${name}-${n}`
}

/** A claim that has been read back, and whether it was taken since. */
export interface Hold { from: string | undefined, received: (cursor: string) => void, passed: (cursor: string) => void, release: () => void, taken: Promise<void>, isTaken: () => boolean }

export async function hold ({ positions }: Instance, device = 'd', name = 'main'): Promise<Hold> {
  let isTaken = false
  let tell = (): void => {}
  const taken = new Promise<void>((resolve) => { tell = resolve })
  const claim = positions.claim(device, name, () => {
    isTaken = true
    tell()
  })
  return {
    from: await claim.ready,
    received: (cursor) => claim.received(cursor),
    passed: (cursor) => claim.passed(cursor),
    release: () => claim.release(),
    taken,
    isTaken: () => isTaken
  }
}

/** What stands in the topic, as it comes; what any program may write there. */
export class Onlooker {
  readonly #log: KafkaLog
  readonly #topic: string
  readonly #ledger = new Ledger()
  #appended = 0
  readonly #seen = new Collector()
  readonly #byKey = new Map<string, Array<Written | null | undefined>>()

  private constructor (log: KafkaLog, topic: string) {
    this.#log = log
    this.#topic = topic
    const { record } = this.#seen
    this.#seen.record = (partition, view) => {
      const key = view.asciiKey()
      const value = view.value()
      this.#byKey.set(key, [...this.records(key), value === null ? null : decode(value)])
      record(partition, view)
    }
  }

  static async on (t: Test, brokers: string, topic: string): Promise<Onlooker> {
    const log = kafkaLog(brokers, { topics: [], compacted: [topic] })
    t.teardown(() => log.close())
    await log.open()
    const one = new Onlooker(log, topic)
    log.tail(topic, await log.starts(topic), one.#seen)
    return one
  }

  records (key = 'd/main'): Array<Written | null | undefined> { return this.#byKey.get(key) ?? [] }
  last (key = 'd/main'): Written | null | undefined { return this.records(key).at(-1) }
  until (met: () => boolean): Promise<void> { return this.#seen.until(met) }
  /** Resolves when this is the last cursor of the key. */
  cursor (cursor: string, key = 'd/main'): Promise<void> { return this.until(() => this.last(key)?.cursor === cursor) }

  async put (value: string | null | Written, key = 'd/main'): Promise<void> {
    const topic = this.#log.topic(this.#topic)
    const partition = homePartition(Buffer.from(key), topic.partitions)
    if (value === null || typeof value === 'string') {
      if (value !== null) append(topic, this.#ledger, 1, { partition, key, value })
      else topic.append(partition, Buffer.from(key), Buffer.alloc(0), 0, -1, NO_HEADERS, this.#ledger, 1)
    } else append(topic, this.#ledger, 1, { partition, key, value: encode(value).toString() })
    await this.#ledger.answered(++this.#appended)
  }
}
