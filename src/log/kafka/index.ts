import { pause, type Clock } from '../../clock.ts'
import { LogError, type Fetched, type Health, type Log, type Tail, type TailSink, type Topic } from '../log.ts'
import { Appender, type AppenderOptions } from './appender.ts'
import { Cluster } from './cluster.ts'
import type { Credentials } from './credentials.ts'
import { Denials, type Need } from './denials.ts'
import { describe, isFinal, isHungUpOn, isNotAuthorized, whyOut } from './errors.ts'
import { readPartition } from './reader.ts'
import { Tailer } from './tailer.ts'
import { prepareTopics, type TopicOptions } from './topics.ts'

export interface KafkaLogOptions extends AppenderOptions, TopicOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly topics: readonly string[]
  /** Topics that keep the last record of each key. */
  readonly compacted?: readonly string[]
  /** What Kafka must let us do with the topics. */
  readonly needs?: readonly Need[]
  /** Without it, connections are plain and nobody logs in. */
  readonly security?: Credentials
  /** Hears what an operator has to know. */
  readonly warn?: (sentence: string) => void
  /** How long `open` tries before it gives up. */
  readonly connectTimeoutMs: number
}

/** Larger batches save nothing more per record, and hold up their neighbours. */
const MAX_BATCH_BYTES = 512 * 1024
const RETRY_MS = 250
const MAX_CHUNK_BYTES = 1 << 20

/** The `Log` on a Kafka cluster. Appending, tailing and reading each have connections of their own: a long poll holds its own. */
export class KafkaLog implements Log {
  #options: KafkaLogOptions
  #clock: Clock
  #denials: Denials
  #uplink: Cluster
  #reading: Cluster
  #appender: Appender
  #tailer: Tailer
  #tailing: Cluster
  #topics = new Map<string, Topic>()
  #closing = new AbortController()
  /** Before that, whoever opens it is told. */
  #isOpen = false

  constructor (options: KafkaLogOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#denials = new Denials(() => options.security?.principal ?? 'User:ANONYMOUS', (sentence) => { if (this.#isOpen) options.warn?.(sentence) })
    this.#uplink = new Cluster(options, clock, this.#denials)
    this.#tailing = new Cluster(options, clock, this.#denials)
    this.#reading = new Cluster(options, clock, this.#denials)
    this.#appender = new Appender(this.#uplink, clock, options)
    this.#tailer = new Tailer(this.#tailing, clock)
  }

  async open (): Promise<void> {
    const deadline = this.#clock.now() + this.#options.connectTimeoutMs
    for (let missing = false; ;) {
      try {
        await this.#open()
        this.#isOpen = true
        return
      } catch (error) {
        const told = this.#told(error)
        // A broker that has just started may not know its topics yet, so a missing one is asked for twice.
        if (told !== undefined && (told.code !== 'topic-missing' || missing)) throw told
        if (this.#closing.signal.aborted || this.#clock.now() >= deadline) throw told ?? this.#unreachable(error)
        missing = told !== undefined
        await pause(this.#clock, RETRY_MS, this.#closing.signal)
        if (missing) await this.#uplink.refresh().catch(() => {}) // who opens again hears
      }
    }
  }

  async #open (): Promise<void> {
    const { compacted = [] } = this.#options
    const topics = [...this.#options.topics, ...compacted]
    await this.#uplink.open(topics)
    const hidden = topics.filter((topic) => this.#uplink.isHidden(topic))
    if (hidden.length > 0) throw this.#forbidden(this.#needs.filter(({ topic }) => hidden.includes(topic)))
    const facts = await prepareTopics(this.#uplink, topics, compacted, this.#options, this.#denials)
    // A topic that was created a moment ago may be known, and led, a moment later.
    if (topics.some((topic) => this.#uplink.leaders(topic).length === 0 || this.#uplink.leaders(topic).includes(-1))) throw new Error('its topics have no leaders yet')
    await Promise.all([this.#tailing, this.#reading].map((cluster) => cluster.open(topics)))
    await this.#checkNeeds(topics)
    const producer = await this.#uplink.initProducerId()
    for (const { name, maxBatchBytes } of facts) {
      const most = Math.min(maxBatchBytes, MAX_BATCH_BYTES)
      this.#topics.set(name, this.#appender.topic(name, this.#uplink.partitions(name), most, producer))
    }
  }

  get #needs (): readonly Need[] { return this.#options.needs ?? [] }

  /** What the gateway cannot do without is told all at once; what is for one of its services alone, as a warning. */
  async #checkNeeds (topics: readonly string[]): Promise<void> {
    const authorized = await this.#uplink.authorized(topics)
    if (authorized === undefined) return
    const lacking = this.#needs.filter(({ topic, operation }) => operation !== 'CREATE' && authorized.find((one) => one.topic === topic)?.may(operation) === false)
    if (lacking.some(({ essential }) => essential)) throw this.#forbidden(lacking)
    for (const { topic, operation, why } of lacking) {
      this.#options.warn?.(`${capital(this.#denials.lacks(operation, topic))}, which is for this: ${why}. The rest works. Run: ${this.#denials.grant(operation, topic)}`)
    }
  }

  #forbidden (lacking: readonly Need[]): LogError {
    const all = lacking.map(({ topic, operation }) => this.#denials.lacks(operation, topic)).join('; ')
    return new LogError('not-authorized', `${capital(all)}. Run: ${lacking.map(({ topic, operation }) => this.#denials.grant(operation, topic)).join('; ')}`)
  }

  /** Errors that no waiting mends. */
  #told (error: unknown): LogError | undefined {
    if (error instanceof LogError) return error
    if (isFinal(error)) return new LogError('not-authorized', whyOut(error, this.#denials.principal), error)
    if (isNotAuthorized(error)) return new LogError('not-authorized', `Kafka does not let this gateway in: ${describe(error)}.`, error)
    return undefined
  }

  #unreachable (error: unknown): LogError {
    const why = whyOut(error, this.#denials.principal)
    if (why !== '') return new LogError('unreachable', why, error)
    const { brokers } = this.#options
    const cure = isHungUpOn(error)
      ? 'If something listens there, does it want TLS, or none (kafka.tls.enabled), or a login (kafka.sasl.mechanism)?'
      : 'Check KAFKA_BROKERS, or unset it to start an embedded broker.'
    return new LogError('unreachable', `No Kafka answers at ${brokers.join(', ')}: ${describe(error)}. ${cure}`, error)
  }

  topic (name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new LogError('topic-missing', `Topic ${name} was not opened.`)
    return topic
  }

  ends (topic: string): Promise<number[]> { return this.#reading.ends(topic) }

  starts (topic: string): Promise<number[]> { return this.#reading.starts(topic) }

  tail (topic: string, offsets: readonly number[], sink: TailSink): Tail {
    return this.#tailer.follow(topic, offsets, sink, this.#options.compacted?.includes(topic) === true)
  }

  async offsetsAt (topic: string, timeMs: number): Promise<number[]> {
    const ends = await this.ends(topic) // first, or what is stored between the two answers would be left out
    const found = await this.#reading.offsetsAt(topic, timeMs)
    return found.map((offset, partition) => offset === -1 ? ends[partition] as number : offset)
  }

  fetch (topic: string, partition: number, offset: number, maxBytes = MAX_CHUNK_BYTES): Promise<Fetched> {
    return readPartition(this.#reading, topic, partition, offset, maxBytes)
  }

  get cluster (): string { return this.#uplink.id }

  health (): Health {
    const unread = this.#tailer.stalls.map((stall) => this.#denials.marked(stall))
    return { stalls: [...this.#appender.stalls, ...unread, ...this.#denials.stalls], heldBytes: this.#appender.heldBytes }
  }

  flush (): Promise<void> { return this.#appender.flush() }

  async close (): Promise<void> {
    this.#closing.abort()
    this.#appender.close()
    await Promise.all([this.#tailer.close(), this.#uplink.close(), this.#reading.close()])
  }
}

function capital (sentence: string): string { return sentence.charAt(0).toUpperCase() + sentence.slice(1) }
