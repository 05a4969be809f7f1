import type { Clock } from '../../clock.ts'
import type { Stall, Tail, TailSink } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { Position } from './position.ts'
import { tailBroker } from './tail-loop.ts'

/** How often it is looked whether a topic has more partitions than before. */
const GROWTH_MS = 10_000
const LOOK_MS = 1_000

/** Group-less reading: the partitions that are followed, and one fetch loop for each broker that leads some of them. */
export class Tailer {
  #cluster: Cluster
  #clock: Clock
  #positions: Position[] = []
  #loops = new Map<number, Promise<void>>()
  #closing = new AbortController()
  #cancelLook!: () => void

  constructor (cluster: Cluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
    cluster.onRefreshed = () => this.#startLoops() // leaders may have moved to brokers that no loop asks yet
    this.#look()
  }

  #look (): void {
    this.#cancelLook = this.#clock.after(LOOK_MS, () => {
      this.#clock.soon(() => { // answers that are there already come first
        for (const position of this.#positions) position.look()
        if (!this.#closing.signal.aborted) this.#look()
      })
    })
  }

  follow (topic: string, offsets: readonly number[], sink: TailSink, isCompacted = false): Tail {
    const mine = offsets.map((offset, partition) => new Position(this.#clock, topic, partition, sink, offset, isCompacted))
    this.#positions.push(...mine)
    this.#startLoops()
    const over = new AbortController()
    const look = async (): Promise<void> => {
      await this.#cluster.refresh()
      const added: Position[] = []
      for (let p = mine.length; p < this.#cluster.partitions(topic); p++) added.push(new Position(this.#clock, topic, p, sink, 0, isCompacted))
      if (added.length === 0 || over.signal.aborted) return
      mine.push(...added)
      sink.grown?.(mine.length)
      this.#positions.push(...added)
      this.#startLoops()
    }
    const end = this.#watchGrowth(look, over)
    return {
      lag: () => mine.map((p) => p.lag),
      look,
      close: () => {
        end()
        for (const position of mine) position.isClosed = true
        this.#positions = this.#positions.filter((p) => !mine.includes(p))
      }
    }
  }

  /** A new partition is read from its first record on, so that nothing is lost before it was seen. */
  #watchGrowth (look: () => Promise<void>, over: AbortController): () => void {
    let cancel!: () => void
    const end = (): void => {
      over.abort()
      cancel()
      this.#closing.signal.removeEventListener('abort', end)
    }
    const wait = (): void => { cancel = this.#clock.after(GROWTH_MS, () => { look().catch(() => {}).finally(() => { if (!over.signal.aborted) wait() }) }) }
    wait()
    this.#closing.signal.addEventListener('abort', end)
    return end
  }

  get stalls (): Stall[] { return this.#positions.flatMap((p) => p.stall ?? []) }

  async close (): Promise<void> {
    this.#closing.abort()
    for (const position of this.#positions) position.isClosed = true
    this.#cancelLook()
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

  async #refresh (): Promise<void> {
    if (!this.#closing.signal.aborted) await this.#cluster.refresh().catch(() => {}) // the loop that asked tries again, and says so
  }
}
