import type { Clock } from '../../clock.ts'
import { firstAnswer } from './first-answer.ts'
import { cut, type Address, type RawBroker, type RawBrokerPool, type RawMetadata } from './kafkajs.ts'

/** A broker that answers at all answers such a question within a few milliseconds. */
const PATIENCE_MS = 250

/**
 * Who belongs to the cluster and who leads what, asked of whoever answers. kafkajs asks one broker, be it frozen, for as long
 * as a request may take, and waits as long for what is under way to one that is no longer a member.
 */
export class Members {
  #pool: RawBrokerPool
  #bootstrap: readonly Address[]
  #clock: Clock
  /** Who answered last is asked first. */
  #last: RawBroker | undefined

  constructor (pool: RawBrokerPool, bootstrap: readonly string[], clock: Clock) {
    this.#pool = pool
    this.#bootstrap = bootstrap.map(addressOf)
    this.#clock = clock
  }

  async refresh (topics: readonly string[]): Promise<void> {
    const guests: RawBroker[] = []
    const known = Object.values(this.#pool.brokers).sort((a, b) => this.#rank(a) - this.#rank(b))
    const asks = known.map((broker) => () => this.#ask(broker, topics))
    for (const at of this.#bootstrap) {
      if (known.some((broker) => isAt(broker, at))) continue
      asks.push(async () => {
        const guest = await this.#create(at)
        guests.push(guest)
        return await this.#ask(guest, topics)
      })
    }
    try {
      await this.#adopt(await firstAnswer(this.#clock, PATIENCE_MS, asks), guests)
    } finally {
      const members = Object.values(this.#pool.brokers)
      for (const guest of guests) if (!members.includes(guest)) cut(guest)
    }
  }

  #rank (broker: RawBroker): number {
    if (broker === this.#last) return 0
    return broker.isConnected() ? 1 : 2
  }

  async #ask (broker: RawBroker, topics: readonly string[]): Promise<RawMetadata> {
    await this.#pool.connectBroker(broker)
    const metadata = await broker.metadata(topics)
    this.#last = broker
    return metadata
  }

  /** What is under way to brokers that are no longer members fails now; a frozen one would be waited for. */
  async #adopt (metadata: RawMetadata, guests: readonly RawBroker[]): Promise<void> {
    const before = this.#pool.brokers
    const after: Record<string, RawBroker> = {}
    for (const { nodeId, ...at } of metadata.brokers) {
      const same = [before[nodeId], ...guests].find((broker) => broker !== undefined && isAt(broker, at))
      after[nodeId] = same ?? await this.#create(at, nodeId)
    }
    this.#pool.brokers = after
    this.#pool.metadata = metadata
    this.#pool.metadataExpireAt = Infinity // who needs it newer asks
    for (const broker of Object.values(before)) if (!Object.values(after).includes(broker)) cut(broker)
  }

  async #create (at: Address & { rack?: string | null }, nodeId?: number): Promise<RawBroker> {
    return this.#pool.createBroker({ connectionPool: await this.#pool.connectionPoolBuilder.build(at), nodeId })
  }
}

function isAt ({ connectionPool }: RawBroker, { host, port }: Address): boolean {
  return connectionPool.host === host && connectionPool.port === port
}

function addressOf (broker: string): Address {
  const colon = broker.lastIndexOf(':')
  return { host: broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(broker.slice(colon + 1)) }
}
