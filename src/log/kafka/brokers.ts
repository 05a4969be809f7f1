import { NotSent } from './errors.ts'
import type { RawBroker, RawBrokerPool, RawConnection } from './kafkajs.ts'

export const NO_LEADER = -1

/** The brokers of a cluster and our connections to them. */
export class Brokers {
  #pool: RawBrokerPool
  /** kafkajs would look a broker up through four promises. */
  #reached = new Map<number, RawBroker>()
  #finding = new Map<number, Promise<RawBroker>>()

  constructor (pool: RawBrokerPool) {
    this.#pool = pool
  }

  /** One of the connections to a broker, opened where it is not. Throws `NotSent`. */
  async reach (nodeId: number, index: number): Promise<{ broker: RawBroker, connection: RawConnection }> {
    const known = this.#reached.get(nodeId)
    const open = known?.connectionPool.pool[index]
    if (known !== undefined && open?.isConnected() === true) return { broker: known, connection: open }
    try {
      const broker = await this.find(nodeId)
      this.#reached.set(nodeId, broker)
      return { broker, connection: await broker.connectionPool.getConnection(index) }
    } catch (error) {
      throw new NotSent(error)
    }
  }

  /** A broker that is connected; those who look for the same one share the look. */
  async find (nodeId: number): Promise<RawBroker> {
    if (nodeId === NO_LEADER) throw new Error('the partition has no leader')
    const under = this.#finding.get(nodeId)
    if (under !== undefined) return await under
    const finding = this.#pool.findBroker({ nodeId }).finally(() => this.#finding.delete(nodeId))
    this.#finding.set(nodeId, finding)
    return await finding
  }

  /** Whichever is connected, or can be. */
  async any (): Promise<RawBroker> {
    const brokers = Object.values(this.#pool.brokers)
    const broker = brokers.find((one) => one.isConnected()) ?? brokers[0]
    if (broker === undefined) throw new Error('no broker is known')
    await this.#pool.connectBroker(broker)
    return broker
  }
}
