import type { Cluster } from './cluster.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** Asks Kafka for what queues need before a batch that failed can go again: who leads, and where that is needed a producer id. */
export class Recovery {
  /** Leaders may have moved. */
  leadersStale = false
  #cluster: Cluster
  #queues: readonly PartitionQueue[]
  /** Called when some queue may have become ready. */
  #onReady: () => void
  #asking = false
  #renewing = false

  constructor (cluster: Cluster, queues: readonly PartitionQueue[], onReady: () => void) {
    this.#cluster = cluster
    this.#queues = queues
    this.#onReady = onReady
  }

  /** One try, unless one is under way. */
  attempt (): void {
    void this.#renew()
    void this.#retry()
  }

  /** What failed goes again when the leaders are known. */
  async #retry (): Promise<void> {
    if (this.#asking || !this.#queues.some((q) => q.backingOff)) return
    this.#asking = true
    if (this.leadersStale) {
      this.leadersStale = false
      await this.#cluster.refresh().catch(() => { this.leadersStale = true })
    }
    this.#asking = false
    for (const queue of this.#queues) queue.backingOff = false // those that failed meanwhile, too
    this.#onReady()
  }

  async #renew (): Promise<void> {
    if (this.#renewing || !this.#queues.some((q) => q.wantsProducer)) return
    this.#renewing = true
    const producer = await this.#cluster.initProducerId().catch(() => undefined) // the next attempt asks again
    this.#renewing = false
    if (producer === undefined) return
    for (const queue of this.#queues) if (queue.wantsProducer) queue.renew(producer)
    this.#onReady()
  }
}
