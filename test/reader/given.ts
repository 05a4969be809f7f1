import type { GapReason } from '../../src/log/log.ts'
import { PartitionReader } from '../../src/reader/partition.ts'
import { Budget } from '../../src/reader/recent.ts'
import type { Shared } from '../../src/reader/shared.ts'
import { Turns } from '../../src/reader/turns.ts'
import type { Waiter, Witness } from '../../src/reader/waiter.ts'
import type { Deliverable } from '../../src/session/context.ts'
import { murmur2 } from '../../src/wire/murmur2.ts'
import { HeldClock } from '../session/given.ts'
import { HeldPartition } from './held-partition.ts'

/** Writes down what it is given; a test says when it can take no more. */
export class RecordingWaiter implements Waiter {
  readonly device: string
  readonly hash: number
  from: number
  witness: Witness | undefined
  isFull = false
  /** It becomes full with so many. */
  fullAt = Infinity
  isLive = false
  got: number[] = []
  lostFor: GapReason[] = []
  undecodables = 0
  #drained: Array<() => void> = []

  constructor (device: string, from: number, witness?: Witness) {
    this.device = device
    this.hash = murmur2(Buffer.from(device))
    this.from = from
    this.witness = witness
  }

  take (delivery: Deliverable): void {
    this.got.push(Number(delivery.frame('raw', false)?.subarray(2).toString()))
    if (this.got.length === this.fullAt) this.isFull = true
  }

  drained (fn: () => void): void { this.#drained.push(fn) }
  live (): void { this.isLive = true }
  lost (reason: GapReason): void { this.lostFor.push(reason) }
  undecodable (): void { this.undecodables += 1 }

  /** Its socket has taken everything. */
  drain (): void {
    this.isFull = false
    for (const fn of this.#drained.splice(0)) fn()
  }
}

export interface Given {
  clock: HeldClock
  held: HeldPartition
  reader: PartitionReader
  shared: Shared
  gaps: string[]
  undecodable: string[]
  /** Those whom live records reach. */
  waiters: RecordingWaiter[]
  join: (device: string, from: number, witness?: Witness) => RecordingWaiter
  /** The tail brings what is there, `most` batches at a time. */
  tail: (most?: number) => void
  /** Lets everything go on that waits for a turn, for time or for an answer, until nothing does. */
  settle: () => Promise<void>
}

export interface Options { historyBytes?: number, nearRecords?: number, held?: HeldPartition, begin?: number }

export function given ({ historyBytes = 1 << 20, nearRecords = 1_000_000, held = new HeldPartition(), begin = held.end }: Options = {}): Given {
  const clock = new HeldClock()
  const closing = new AbortController()
  const gaps: string[] = []
  const undecodable: string[] = []
  const waiters: RecordingWaiter[] = []
  const shared: Shared = {
    log: held.log,
    clock,
    topic: 't',
    budget: new Budget(historyBytes),
    turns: new Turns(clock),
    signal: closing.signal,
    nearRecords,
    cluster: 'c',
    partitions: 1,
    fetchedBytes: 0,
    fetches: 0,
    walkedMs: 0,
    sink: {
      record: (_partition, record) => {
        for (const waiter of waiters) if (waiter.isLive && waiter.device === record.asciiKey()) waiter.got.push(record.offset)
      },
      undecodable: (_partition, from, to, reason) => undecodable.push(`${from}-${to} ${reason}`),
      gap: (_partition, from, to, reason) => gaps.push(`${from}>${to} ${reason}`)
    }
  }
  const reader = new PartitionReader(shared, 0, begin, held.witness(begin))
  return {
    clock,
    held,
    reader,
    shared,
    gaps,
    undecodable,
    waiters,
    join: (device, from, witness) => {
      const waiter = new RecordingWaiter(device, from, witness)
      waiters.push(waiter)
      reader.join(waiter)
      return waiter
    },
    tail: (most = 1000) => {
      const chunk = held.chunk(reader.next, most)
      if (chunk.next > reader.next) reader.chunk(chunk)
    },
    settle: async () => {
      for (let idle = 0; idle < 15; idle++) {
        clock.turn()
        clock.advance(1_000)
        for (const asked of held.asked.splice(0)) {
          asked.answer()
          idle = 0
        }
        await new Promise(setImmediate)
      }
    }
  }
}
