import type { Clock } from '../../clock.ts'
import type { Tail, TailSink } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { tailBroker, type Position } from './tail-loop.ts'

/** Group-less reading: the partitions that are followed, and one fetch loop for each broker that leads some of them. */
export class Tailer {
  #cluster: Cluster
  #clock: Clock
  #positions: Position[] = []
  #loops = new Map<number, Promise<void>>()
  #closing = new AbortController()

  constructor (cluster: Cluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
  }

  follow (topic: string, offsets: readonly number[], sink: TailSink): Tail {
    const mine = offsets.map((offset, partition): Position => ({ topic, partition, sink, offset, lag: 0, trouble: '' }))
    this.#positions.push(...mine)
    this.#startLoops()
    return {
      lag: () => mine.map((p) => p.lag),
      close: () => { this.#positions = this.#positions.filter((p) => !mine.includes(p)) }
    }
  }

  /** One sentence for each partition that does not move. */
  get troubles (): string[] {
    return this.#positions.filter((p) => p.trouble !== '').map((p) => `${p.topic}/${p.partition} is not read: ${p.trouble}`)
  }

  async close (): Promise<void> {
    this.#closing.abort()
    this.#positions = []
    await this.#cluster.close()
    await Promise.all(this.#loops.values())
  }

  #startLoops (): void {
    for (const nodeId of new Set(this.#positions.map((p) => this.#cluster.leader(p.topic, p.partition)))) {
      if (this.#loops.has(nodeId)) continue
      const led = (): Position[] => this.#positions.filter((p) => this.#cluster.leader(p.topic, p.partition) === nodeId)
      this.#loops.set(nodeId, this.#loop(nodeId, led))
    }
  }

  /** What was followed while the loop came to its end gets a new one. */
  async #loop (nodeId: number, led: () => Position[]): Promise<void> {
    await tailBroker(this.#cluster, this.#clock, nodeId, led, () => this.#refresh(), this.#closing.signal)
    this.#loops.delete(nodeId)
    this.#startLoops()
  }

  /** Leaders may have moved to brokers that no loop asks yet. */
  async #refresh (): Promise<void> {
    if (this.#closing.signal.aborted) return
    await this.#cluster.refresh().catch(() => {}) // the loop that asked tries again, and says so
    this.#startLoops()
  }
}
